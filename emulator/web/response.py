"""Sending an answer with a JSON body."""

from collections.abc import Mapping

from starlette.types import Message, Send

_WITHOUT_BODY = (204, 304)
_JSON_HEADER = (b"content-type", b"application/json")


def body_for(status: int, body: bytes) -> bytes:
    """The body, or none where the status has none."""
    return b"" if status in _WITHOUT_BODY else body


def start(status: int, body: bytes, extra: Mapping[str, str], kind: str = "http") -> Message:
    """The head; `kind` is 'websocket.http' instead of an upgrade."""
    headers: list[tuple[bytes, bytes]] = []
    if status not in _WITHOUT_BODY:
        headers.append((b"content-length", str(len(body)).encode()))
    for name, value in extra.items():
        headers.append((name.lower().encode(), value.encode()))
    if status not in _WITHOUT_BODY and not any(name == b"content-type" for name, _ in headers):
        headers.insert(0, _JSON_HEADER)
    return {"type": f"{kind}.response.start", "status": status, "headers": headers}


def part(body: bytes, more: bool = False, kind: str = "http") -> Message:
    """The body, or a part of it."""
    return {"type": f"{kind}.response.body", "body": body, "more_body": more}


async def respond(
    send: Send, status: int, body: bytes, extra: Mapping[str, str], kind: str = "http"
) -> None:
    await send(start(status, body, extra, kind))
    await send(part(body_for(status, body), kind=kind))
