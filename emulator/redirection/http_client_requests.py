"""Requests by the standard library's http.client, which urllib.request sends by."""

from __future__ import annotations

import socket
from functools import wraps
from typing import TYPE_CHECKING, Any

from .hosts import is_service

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from .patching import Patching
    from .target import Target


def patch(module: ModuleType, patching: Patching) -> None:
    """Redirect connections of http.client, and those that a proxy would make for it."""
    target = patching.target
    plain, secure = module.HTTPConnection, module.HTTPSConnection
    patching.replace(plain, "connect", _connecting(plain.connect, target))
    patching.replace(secure, "connect", _connecting(secure.connect, target))
    patching.replace(plain, "putrequest", _requesting(plain.putrequest, patching))
    patching.replace(plain, "putheader", _heading(plain.putheader, target))


def _is_for_service(connection: Any) -> bool:
    """True if a connection is to the service, or to a proxy that is to tunnel to it."""
    return is_service(getattr(connection, "_tunnel_host", None) or connection.host)


def _connecting(original: Callable[[Any], None], target: Target) -> Callable[[Any], None]:
    @wraps(original)
    def connect(self: Any) -> None:
        if not _is_for_service(self):
            return original(self)
        self.sock = _connected(target, self.timeout)

    return connect


def _connected(target: Target, timeout: Any) -> socket.socket:
    plain = socket.create_connection((target.host, target.port), timeout)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tls = target.tls()
    return plain if tls is None else tls.wrap_socket(plain, server_hostname=target.host)


def _requesting(original: Callable[..., None], patching: Patching) -> Callable[..., None]:
    @wraps(original)
    def putrequest(self: Any, method: str, url: str, *more: Any, **how: Any) -> None:
        if _is_for_service(self):
            patching.note("http.client")
            url = patching.target.path_for(url)
        original(self, method, url, *more, **how)

    return putrequest


def _heading(original: Callable[..., None], target: Target) -> Callable[..., None]:
    @wraps(original)
    def putheader(self: Any, header: Any, *values: Any) -> None:
        if _is_for_service(self):
            name = _text(header)
            values = tuple(target.header_for(name, _text(value)) for value in values)
        original(self, header, *values)

    return putheader


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
