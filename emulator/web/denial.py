"""A refusal before a request reaches its handler, or a WebSocket is opened."""

from starlette.types import Receive, Scope, Send

from emulator.errors import ApiError
from emulator.web.answers import error_answer, respond


async def deny(error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an error answer, over HTTP in either case."""
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        await deny_upgrade(error, send)
    else:
        await _send(error, "http", send)


async def deny_upgrade(error: ApiError, send: Send) -> None:
    """Send an error answer instead of the upgrade to a WebSocket."""
    await _send(error, "websocket.http", send)


async def _send(error: ApiError, kind: str, send: Send) -> None:
    await respond(send, error_answer(error), kind)
