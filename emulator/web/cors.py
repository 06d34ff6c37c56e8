"""CORS: preflights, and the headers that let a page in a browser read an answer.

Facts: docs/protocol.md#browsers.
"""

from collections.abc import Awaitable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = b"GET, POST, PATCH, PUT, DELETE, OPTIONS"
_MAX_AGE = b"600"  # s


class Cors:
    """Lets any page read the answers; `web/guard` refuses what pages may not ask for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        origin = _header(scope, b"origin") if scope["type"] == "http" else None
        if origin is None:
            return self._app(scope, receive, send)
        if scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method"):
            return _answer_preflight(scope, origin, send)
        return self._app(scope, receive, _with_origin(send, origin))


def _with_origin(send: Send, origin: bytes) -> Send:
    async def send_with_origin(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_origin_headers(origin)]}
        await send(message)

    return send_with_origin


async def _answer_preflight(scope: Scope, origin: bytes, send: Send) -> None:
    headers: list[Any] = [
        *_origin_headers(origin),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-max-age", _MAX_AGE),
        (b"content-length", b"0"),
    ]
    wanted = _header(scope, b"access-control-request-headers")
    if wanted:
        headers.append((b"access-control-allow-headers", wanted))
    if _header(scope, b"access-control-request-private-network"):
        headers.append((b"access-control-allow-private-network", b"true"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _origin_headers(origin: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    ]


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None
