"""Keeps pages from elsewhere away from the control API (docs/safety.md).

A page can have its visitor's browser send requests to this machine. The browser adds headers that
say for which page. Non-browser clients can forge these headers, but they already run on this
machine.
"""

from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.errors import (
    CROSS_SITE_REFUSED,
    HOST_REFUSED,
    ORIGIN_REFUSED,
    ApiError,
    UsageError,
    api_error,
)
from emulator.hosts import is_address, is_loopback, read_host
from emulator.settings import Settings
from emulator.web.denial import deny

CONTROL_PREFIX = "/_emulator"
AUDIO_PREFIX = "/_emulator/audio/"  # any page may use the signed URLs below it
INSPECTOR_PAGE = ("/_emulator", "/_emulator/")  # any page may link to it; it allows no framing


class Guard:
    """An ASGI application that passes on allowed requests, and refuses all others with 403.

    It protects paths that begin with one of `prefixes`. Raises UsageError for bad allowed hosts.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        prefixes: tuple[str, ...],
        on_refusal: Callable[[Scope, ApiError], object] = lambda scope, error: None,
    ) -> None:
        self._app = app
        self._on_refusal = on_refusal
        self._prefixes = prefixes
        self._names = {settings.host.lower(), *map(_checked, settings.allowed_hosts)}
        self._serves_others = not is_loopback(settings.host)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        path: str = scope["path"]
        if path.startswith(self._prefixes) and not path.startswith(AUDIO_PREFIX):
            refusal = self._refusal(scope)
            if refusal is not None:
                self._on_refusal(scope, refusal)
                return deny(refusal, scope, receive, send)
        return self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> ApiError | None:
        path = scope["path"]
        for host in _headers(scope, b"host"):
            if host and not self._is_host(read_host(host), scope):
                return api_error(HOST_REFUSED, path=path, host=host)
        origins = list(_headers(scope, b"origin"))
        for origin in origins:
            if not self._is_of_this_machine(origin):
                return api_error(ORIGIN_REFUSED, path=path, origin=origin)
        if path in INSPECTOR_PAGE and "document" in _headers(scope, b"sec-fetch-dest"):
            return None
        if not origins and "cross-site" in _headers(scope, b"sec-fetch-site"):
            return api_error(CROSS_SITE_REFUSED, path=path)
        return None

    def _is_host(self, host: str | None, scope: Scope) -> bool:
        """True if requests may name this host.

        A name must be this machine's alone: the owner of another name can point it here.
        """
        if host is None:
            return False
        if is_loopback(host) or host in self._names:
            return True
        if self._serves_others and is_address(host):
            return True
        came_in_at = scope.get("server") or ("", 0)
        return bool(host == came_in_at[0])

    def _is_of_this_machine(self, origin: str) -> bool:
        try:
            host = urlsplit(origin).hostname or ""
        except ValueError:
            return False
        return is_loopback(host) or host in self._names


def _checked(allowed: str) -> str:
    """Return an allowed host in lower case. Raises UsageError for one with a scheme or a port."""
    host = allowed.lower().removesuffix(".")
    if not is_address(host) and read_host(host) != host:
        raise UsageError(
            "allowed_hosts must be names or addresses without scheme and port, such as "
            f"emulator.test, got {allowed!r}"
        )
    return host


def _headers(scope: Scope, name: bytes) -> Iterator[str]:
    return (value.decode("latin-1") for key, value in scope["headers"] if key == name)
