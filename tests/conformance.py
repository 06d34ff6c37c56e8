"""Judges every response of every App in the test run against its OpenAPI document or the control
API's, and every frame of every chat against the message models.

`conftest.py` wraps `App.__call__` and `Channel.send`, so no test can forget it. The judge is
jsonschema, the reference implementation; the emulator itself validates with another library.
"""

import json
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.types import Message, Receive, Scope, Send

from emulator.api import ServedApi
from emulator.apis.evi.chat.channel import Channel
from emulator.apis.evi.chat.messages import server_message, to_json
from emulator.faults.http import GARBAGE
from emulator.jsontext import JsonObject, read, render
from emulator.openapi.document import Document
from emulator.web.app import App
from emulator.web.short_circuit import FAULT_HEADER, STUB_HEADER
from tests.control_conformance import is_control, judge_control

AsgiCall = Callable[[App, Scope, Receive, Send], Coroutine[Any, Any, None]]
URI = "urn:judge"
LIMIT_HEADER = "X-RateLimit-Limit"  # of a 429, which a test has set a limit for

violations: list[str] = []
UNJUDGED = ("/_emulator/toy/",)  # control routes that tests add to an application


def judged(call: AsgiCall) -> AsgiCall:
    """`App.__call__`, with each response judged on its way out."""

    async def judged_call(app: App, scope: Scope, receive: Receive, send: Send) -> None:
        response: dict[str, Any] = {"body": b""}
        request, body = bytearray(), bytearray()

        async def watching_receive() -> Message:
            message = await receive()
            request.extend(message.get("body", b""))
            return message

        async def watching_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                response.update(status=message["status"], headers=dict(message["headers"]))
            if message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    response["body"] = bytes(body)
                if not message.get("more_body") and not is_meant_so(scope, response["body"]):
                    # judged before the client can go on
                    if scope["path"].startswith(UNJUDGED):
                        pass  # a route that a test has added
                    elif is_control(scope["path"]):
                        asked = (scope["method"], scope["path"], bytes(request))
                        apis = [each.api for each in app.apis]
                        note(scope, judge_control(apis, *asked, response, app.mounts))
                    else:
                        note(scope, judge(app.apis, scope["method"], scope["path"], response))
            await send(message)

        try:
            # a fault looks for the transport in the `receive` of the emulated API's requests
            is_watched = scope["type"] == "http" and is_control(scope["path"])
            watched = watching_receive if is_watched else receive
            await call(app, scope, watched, watching_send)
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
            sent = read(render(message))
            parsed = server_message.validate_python(sent)
        except ValidationError as error:
            violations.append(f"frame {message}: {error}")
        else:
            if unknown := list(unknown_fields(parsed)):
                violations.append(f"frame {message}: no model has {unknown}")
            if to_json(parsed) != sent:
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


def judge(
    apis: Sequence[ServedApi], method: str, path: str, response: dict[str, Any]
) -> str | None:
    """What is wrong with a response of an operation, or None."""
    status, body = response["status"], response["body"]
    asked_for = {name.lower().encode() for name in (STUB_HEADER, FAULT_HEADER, LIMIT_HEADER)}
    if asked_for & response["headers"].keys():
        return None  # a test asked for just this
    items = [item for each in apis if (item := _path_item(each.document, path)) is not None]
    items.sort(key=lambda each: method.lower() not in each[1])  # an earlier API's, if it has both
    item = next(iter(items), None)
    if item is None or (method == "OPTIONS" and status == 200):
        return None
    if status == 426 and response["headers"].get(b"upgrade") == b"websocket":
        return None  # the path of a socket
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
    declared_content = document.follow(declared)["content"]
    media_type = response["headers"].get(b"content-type", b"").decode()
    if media_type not in declared_content:
        return f"content type {media_type!r}"
    texts = [body] if media_type == "application/json" else []
    if media_type == "text/event-stream":  # one JSON text a line
        texts = body.splitlines()
    schema = json.dumps(declared_content[media_type]["schema"])
    of = _Hashable(document, document.path)
    return next((said for text in texts if (said := _complaints(of, schema, text))), None)


def _path_item(document: Document, path: str) -> tuple[Document, dict[str, Any]] | None:
    items = document.content["paths"]
    for template, pattern in _patterns(tuple(items)):
        if pattern.fullmatch(path):
            return document, items[template]
    return None


@dataclass(frozen=True)
class _Hashable:
    """A document that is known by its file."""

    document: Document = field(compare=False)
    path: Path


@cache
def _patterns(templates: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (each, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(each)))) for each in templates
    ]


@lru_cache(maxsize=1000)  # many tests list what the seed has
def _complaints(of: _Hashable, schema: str, body: bytes) -> str:
    errors = _validator(of, schema).iter_errors(json.loads(body))
    return "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors)


@cache
def _validator(of: _Hashable, schema: str) -> Draft202012Validator:
    resource = DRAFT202012.create_resource(of.document.opened().content)
    absolute = schema.replace('"#/', f'"{URI}#/')
    return Draft202012Validator(
        json.loads(absolute), registry=Registry().with_resource(URI, resource)
    )
