"""Refuses a request before its handler is called, or a WebSocket before it opens."""

from starlette.types import Receive, Scope, Send

from emulator.errors import ApiError
from emulator.web.answers import error_answer, respond


async def deny(error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an error answer, to an HTTP request or to a WebSocket's handshake."""
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        await deny_upgrade(error, send)
    else:
        await _send(error, "http", send)


async def deny_upgrade(error: ApiError, send: Send) -> None:
    """Answer a WebSocket's handshake with an error."""
    await _send(error, "websocket.http", send)


async def _send(error: ApiError, kind: str, send: Send) -> None:
    await respond(send, error_answer(error), kind)
