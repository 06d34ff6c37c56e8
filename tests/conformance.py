"""Judges every response of every App in the test run against its OpenAPI document, and every
frame of every chat against the message models.

`conftest.py` wraps `App.__call__` and `Channel.send`, so no test can forget it. The judge is
jsonschema, the reference implementation; the emulator itself validates with another library.
"""

import json
import re
from collections.abc import Callable, Coroutine, Iterator
from functools import cache, lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.types import Message, Receive, Scope, Send

from emulator.apis.evi.chat.channel import Channel
from emulator.apis.evi.chat.messages import server_message, to_json
from emulator.jsontext import JsonObject
from emulator.openapi.document import VOICES_DOCUMENT, Document, load_document
from emulator.openapi.openness import opened
from emulator.web.app import App
from emulator.web.faulty_answers import GARBAGE
from emulator.web.short_circuit import FAULT_HEADER, STUB_HEADER

AsgiCall = Callable[[App, Scope, Receive, Send], Coroutine[Any, Any, None]]
URI = "urn:judge"
LIMIT_HEADER = "X-RateLimit-Limit"  # of a 429, which a test has set a limit for

violations: list[str] = []


def judged(call: AsgiCall) -> AsgiCall:
    """`App.__call__`, with each response judged on its way out."""

    async def judged_call(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        response: dict[str, Any] = {"body": b""}

        async def watching_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                response.update(status=message["status"], headers=dict(message["headers"]))
            if message["type"] == "http.response.body":
                response["body"] += message.get("body", b"")
                if not message.get("more_body") and not is_meant_so(scope, response["body"]):
                    # judged before the client can go on
                    note(scope, judge(app.document, scope["method"], scope["path"], response))
            await send(message)

        try:
            await call(app, scope, receive, watching_send)
        except Exception as error:
            note(scope, f"the application raised {error!r}")
            raise

    return judged_call


ChannelSend = Callable[[Channel, JsonObject], None]


def judged_send(send: ChannelSend) -> ChannelSend:
    """`Channel.send`, with each frame of every chat judged as it goes out."""

    def judged_channel_send(channel: Channel, message: JsonObject) -> None:
        send(channel, message)
        try:
            parsed = server_message.validate_python(message)
        except ValidationError as error:
            violations.append(f"frame {message}: {error}")
        else:
            if unknown := list(unknown_fields(parsed)):
                violations.append(f"frame {message}: no model has {unknown}")
            if to_json(parsed) != message:
                violations.append(f"frame {message}: expected {to_json(parsed)}")

    return judged_channel_send


def unknown_fields(model: BaseModel) -> Iterator[str]:
    """The fields of a message that no model has."""
    yield from model.model_extra or ()
    for _, value in model:
        if isinstance(value, BaseModel):
            yield from unknown_fields(value)


def is_meant_so(scope: Scope, body: bytes) -> bool:
    """Whether a test asked for an answer that the document does not have."""
    return body == GARBAGE or any(name == b"prefer" for name, _ in scope["headers"])


def note(scope: Scope, found: str | None) -> None:
    if found:
        violations.append(f"{scope['method']} {scope['path']}: {found}")


def judge(document: Document, method: str, path: str, response: dict[str, Any]) -> str | None:
    """What is wrong with a response of an operation, or None."""
    status, body = response["status"], response["body"]
    asked_for = {name.lower().encode() for name in (STUB_HEADER, FAULT_HEADER, LIMIT_HEADER)}
    if asked_for & response["headers"].keys():
        return None  # a test asked for just this
    item = _path_item(document, path) or _path_item(_voices_document(), path)
    if item is None or (method == "OPTIONS" and status == 200):
        return None
    document, content = item
    operation = content.get(method.lower())
    if operation is None:
        return None if status == 405 else f"no such operation, expected 405, got {status}"
    responses = operation["responses"]
    declared = responses.get(str(status))
    if status == 400 and declared is None:
        declared = responses.get("409")  # with --name-conflict 400
    if status == 429:  # a limit of the emulator's own
        known = {"error", "message", "code"} == set(json.loads(body))
        return None if known else f"a 429 of another shape: {body!r}"
    if declared is None:
        return f"status {status} is not declared; declared: {', '.join(responses)}"
    if response["headers"].get(b"content-type") != b"application/json":
        return f"content type {response['headers'].get(b'content-type')!r}"
    schema = document.follow(declared)["content"]["application/json"]["schema"]
    return _complaints(document.path, json.dumps(schema), body) or None


@lru_cache(maxsize=1000)  # many tests list what the seed has
def _complaints(path: Any, schema: str, body: bytes) -> str:
    errors = _validator(path, schema).iter_errors(json.loads(body))
    return "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors)


def _path_item(document: Document, path: str) -> tuple[Document, dict[str, Any]] | None:
    items = document.content["paths"]
    for template, pattern in _patterns(tuple(items)):
        if pattern.fullmatch(path):
            return document, items[template]
    return None


@cache
def _patterns(templates: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (each, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(each)))) for each in templates
    ]


@cache
def _voices_document() -> Document:
    return load_document(VOICES_DOCUMENT)


@cache
def _validator(path: Any, schema: str) -> Draft202012Validator:
    document = load_document(str(path))
    resource = DRAFT202012.create_resource(opened(document).content)
    absolute = schema.replace('"#/', f'"{URI}#/')
    return Draft202012Validator(
        json.loads(absolute), registry=Registry().with_resource(URI, resource)
    )
