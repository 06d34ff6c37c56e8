"""A refusal before a request reaches its handler, or a WebSocket is opened."""

from starlette.types import Receive, Scope, Send

from emulator.errors import ApiError
from emulator.jsontext import render


async def deny(error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    """The error answer, over HTTP in either case."""
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        await deny_upgrade(error, send)
    else:
        await _send(error, "http", send)


async def deny_upgrade(error: ApiError, send: Send) -> None:
    """An HTTP answer instead of the upgrade to a WebSocket."""
    await _send(error, "websocket.http", send)


async def _send(error: ApiError, kind: str, send: Send) -> None:
    body = render(error.body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in error.headers.items()),
    ]
    await send({"type": f"{kind}.response.start", "status": error.status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})
