"""What tests of webhooks ask of an emulator that serves on a socket."""

from collections.abc import Sequence
from typing import Any

from httpx import Client
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from emulator.openapi.document import load_document

EVENTS = ("chat_started", "tool_call", "chat_ended")  # in the order of a chat that calls a tool
SCHEMAS = {
    "chat_started": "WebhookEventChatStarted",
    "tool_call": "WebhookEventToolCall",
    "chat_ended": "WebhookEventChatEnded",
}
URI = "urn:document"


def judge(payload: Any) -> list[str]:
    """What the document has against a webhook's payload."""
    document = DRAFT202012.create_resource(load_document().content)
    name = SCHEMAS[payload["event_name"]]
    validator = Draft202012Validator(
        {"$ref": f"{URI}#/components/schemas/{name}"},
        registry=Registry().with_resource(URI, document),
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(payload)]


def ask(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """The JSON of an answer with that status."""
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def new_config(
    client: Client, *urls: str, events: Sequence[str] = EVENTS, name: str = "hooked", **more: Any
) -> str:
    """The id of a config that tells all these URLs of the events."""
    webhooks = [{"url": url, "events": list(events)} for url in urls]
    body = {"name": name, "evi_version": "3", "webhooks": webhooks, **more}
    id: str = ask(client, "POST", "/v0/evi/configs", body, 201)["id"]
    return id


def simulate(client: Client, **body: Any) -> str:
    """The id of a simulated chat; unless told otherwise, of the script that calls a tool."""
    if not body.keys() & {"script", "user"}:
        body["script"] = "weather"
    id: str = ask(client, "POST", "/_emulator/simulate", body)["chat_id"]
    return id


def trigger(client: Client, event_name: str, url: str | None = None, **more: Any) -> Any:
    """The delivery of one event."""
    body = {"event_name": event_name, **more}
    if url is not None:
        body["url"] = url
    return ask(client, "POST", "/_emulator/webhooks/trigger", body)


def drain(client: Client, timeout: float = 10) -> int:
    """How many deliveries are pending in the end."""
    pending: int = ask(client, "POST", "/_emulator/webhooks/drain", {"timeout": timeout})["pending"]
    return pending


def deliveries(client: Client, query: str = "") -> Any:
    return ask(client, "GET", f"/_emulator/webhooks/deliveries?{query}")["deliveries"]


def freeze(client: Client) -> None:
    ask(client, "POST", "/_emulator/clock/freeze")


def advance(client: Client, seconds: float) -> None:
    ask(client, "POST", "/_emulator/clock/advance", {"seconds": seconds})


def add_fault(client: Client, fault: str, **more: Any) -> Any:
    """The rule, as it was taken."""
    return ask(
        client, "POST", "/_emulator/faults", {"kind": "webhook", "fault": fault, **more}, 201
    )
