"""Requests by the standard library's http.client, which urllib.request sends by."""

from __future__ import annotations

import socket
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from .hosts import is_service

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from .patching import Patching
    from .target import Target

_ORIGINAL = "_evi_emulator_original"


def patch(module: ModuleType, patching: Patching) -> None:
    """Redirect connections of http.client, and connections that a proxy would make for it."""
    target = patching.target
    plain, secure = module.HTTPConnection, module.HTTPSConnection
    for kind, name, wrap in (
        (plain, "connect", partial(_connecting, target)),
        (secure, "connect", partial(_connecting, target)),
        (plain, "putrequest", partial(_requesting, patching)),
        (plain, "putheader", partial(_heading, target)),
    ):
        original = getattr(kind, name)
        original = getattr(original, _ORIGINAL, original)  # of two redirections the later one acts
        wrapped = wrap(original)
        setattr(wrapped, _ORIGINAL, original)
        patching.replace(kind, name, wrapped)


def _is_for_service(connection: Any) -> bool:
    """True if a connection is to the service, or to a proxy that is to tunnel to it."""
    return is_service(getattr(connection, "_tunnel_host", None) or connection.host)


def _connecting(target: Target, original: Callable[[Any], None]) -> Callable[[Any], None]:
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


def _requesting(patching: Patching, original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def putrequest(self: Any, method: str, url: str, *more: Any, **how: Any) -> None:
        if _is_for_service(self):
            patching.note("http.client")
            url = patching.target.path_for(url)
        original(self, method, url, *more, **how)

    return putrequest


def _heading(target: Target, original: Callable[..., None]) -> Callable[..., None]:
    @wraps(original)
    def putheader(self: Any, header: Any, *values: Any) -> None:
        if _is_for_service(self):
            name = _text(header)
            values = tuple(target.header_for(name, _text(value)) for value in values)
        original(self, header, *values)

    return putheader


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
