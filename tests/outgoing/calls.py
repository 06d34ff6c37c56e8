"""What tests ask of the control routes."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

from httpx import Client
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.testclient import TestClient

from tests.served import DOCUMENT

AnyClient: TypeAlias = Client | TestClient

EVENTS = ("chat_started", "tool_call", "chat_ended")  # in the order of a chat that calls a tool
SCHEMAS = {
    "chat_started": "WebhookEventChatStarted",
    "tool_call": "WebhookEventToolCall",
    "chat_ended": "WebhookEventChatEnded",
}
URI = "urn:document"


def judge(payload: Any) -> list[str]:
    """What the document has against a webhook's payload."""
    errors = _validator(payload["event_name"]).iter_errors(payload)
    return [f"{error.json_path}: {error.message}" for error in errors]


@cache
def _validator(event_name: str) -> Draft202012Validator:
    document = DRAFT202012.create_resource(DOCUMENT.content)
    schema = {"$ref": f"{URI}#/components/schemas/{SCHEMAS[event_name]}"}
    return Draft202012Validator(schema, registry=Registry().with_resource(URI, document))


def ask(client: AnyClient, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """The JSON of an answer with that status."""
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def new_config(
    client: AnyClient, *urls: str, events: Sequence[str] = EVENTS, name: str = "hooked", **more: Any
) -> str:
    """The id of a config that tells all these URLs of the events."""
    webhooks = [{"url": url, "events": list(events)} for url in urls]
    body = {"name": name, "evi_version": "3", "webhooks": webhooks, **more}
    id: str = ask(client, "POST", "/v0/evi/configs", body, 201)["id"]
    return id


def simulate(client: AnyClient, **body: Any) -> str:
    """The id of a simulated chat; unless told otherwise, of the script that calls a tool."""
    if not body.keys() & {"script", "user"}:
        body["script"] = "weather"
    id: str = ask(client, "POST", "/_emulator/simulate", body)["chat_id"]
    return id


def trigger(client: AnyClient, event_name: str, url: str | None = None, **more: Any) -> Any:
    """The delivery of one event."""
    body = {"event_name": event_name, **more}
    if url is not None:
        body["url"] = url
    return ask(client, "POST", "/_emulator/webhooks/trigger", body)


def drain(client: AnyClient, timeout: float = 10) -> int:
    """How many deliveries are pending in the end."""
    pending: int = ask(client, "POST", "/_emulator/webhooks/drain", {"timeout": timeout})["pending"]
    return pending


def deliveries(client: AnyClient, query: str = "") -> Any:
    return ask(client, "GET", f"/_emulator/webhooks/deliveries?{query}")["deliveries"]


def freeze(client: AnyClient) -> None:
    ask(client, "POST", "/_emulator/clock/freeze")


def advance(client: AnyClient, seconds: float) -> None:
    ask(client, "POST", "/_emulator/clock/advance", {"seconds": seconds})


def add_fault(client: AnyClient, fault: str, **more: Any) -> Any:
    """The rule, as it was taken."""
    return ask(
        client, "POST", "/_emulator/faults", {"kind": "webhook", "fault": fault, **more}, 201
    )
