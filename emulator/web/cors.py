"""Browsers: preflights, and the headers that let a page read an answer (PROTOCOL 15)."""

from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.errors import ORIGIN_REFUSED, api_error
from emulator.hosts import is_loopback

_METHODS = b"GET, POST, PATCH, PUT, DELETE, OPTIONS"
_MAX_AGE = b"600"  # s
CONTROL_PREFIX = "/_emulator/"
AUDIO_PREFIX = "/_emulator/audio/"


class Cors:
    """Allows any page to use the API, and pages of this machine to use the control API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        origin = _header(scope, b"origin") if scope["type"] == "http" else None
        if origin is None:
            return self._app(scope, receive, send)
        if not _allows(scope["path"], origin):
            return _refuse(scope, receive, send)
        if scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method"):
            return _answer_preflight(scope, origin, send)
        return self._app(scope, receive, _with_origin(send, origin))


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    refusal = api_error(ORIGIN_REFUSED, path=scope["path"])
    await JSONResponse(refusal.body, refusal.status)(scope, receive, send)


def _allows(path: str, origin: bytes) -> bool:
    if path.startswith(CONTROL_PREFIX) and not path.startswith(AUDIO_PREFIX):
        return _is_of_this_machine(origin.decode("latin-1"))
    return True


def _is_of_this_machine(origin: str) -> bool:
    try:
        return is_loopback(urlsplit(origin).hostname or "")
    except ValueError:
        return False


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
