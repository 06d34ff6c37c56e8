"""Answers, and sending one whose body is complete."""

from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from starlette.types import Message, Send

from emulator.errors import ApiError
from emulator.jsontext import render
from emulator.openapi.operation import JSON_MEDIA_TYPE

_WITHOUT_BODY = (204, 304)
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_JSON = (b"content-type", JSON_MEDIA_TYPE.encode())


class Answer(NamedTuple):
    """The answer to a request; `length` is the size of a streamed body (bytes), if it is known."""

    status: int
    body: bytes | AsyncIterator[bytes]
    headers: Mapping[str, str] = _NO_HEADERS
    media_type: str = JSON_MEDIA_TYPE
    length: int | None = None

    @property
    def has_body(self) -> bool:
        """False if an answer of this status has no body."""
        return self.status not in _WITHOUT_BODY


def error_answer(error: ApiError) -> Answer:
    """Return the answer of an error."""
    return Answer(error.status, render(error.body), error.headers)


def start(answer: Answer, kind: str = "http") -> Message:
    """Return the ASGI message of the head; `kind` is 'websocket.http' if it refuses an upgrade."""
    status, body, extra, media_type, length = answer
    headers: list[tuple[bytes, bytes]] = []
    if status not in _WITHOUT_BODY:
        headers.append(_JSON if media_type is JSON_MEDIA_TYPE else _content_type(media_type))
        length = len(body) if isinstance(body, bytes) else length
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
    if extra:
        more = [(name.lower().encode(), value.encode()) for name, value in extra.items()]
        if headers and any(name == b"content-type" for name, _ in more):
            del headers[0]
        headers += more
    return {"type": f"{kind}.response.start", "status": status, "headers": headers}


def _content_type(media_type: str) -> tuple[bytes, bytes]:
    return b"content-type", media_type.encode()


def part(body: bytes, more: bool = False) -> Message:
    """Return the ASGI message of a part of the body."""
    return {"type": "http.response.body", "body": body, "more_body": more}


async def respond(send: Send, answer: Answer, kind: str = "http") -> None:
    """Send an answer whose body is complete."""
    await send(start(answer, kind))
    body = b"" if answer.status in _WITHOUT_BODY else answer.body
    await send({"type": f"{kind}.response.body", "body": body, "more_body": False})
