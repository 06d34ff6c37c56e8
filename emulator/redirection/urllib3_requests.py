"""Requests by urllib3, which the library requests sends by.

Each goes over a connection of its own, and by no proxy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .hosts import is_service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from .patching import Patching
    from .target import Target


def patch(module: ModuleType, patching: Patching) -> None:
    """Redirect urllib3's pools of connections."""
    target = patching.target
    send = module.HTTPConnectionPool.urlopen

    def urlopen(
        self: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        *more: Any,
        **how: Any,
    ) -> Any:
        if not is_service(self.host):
            return send(self, method, url, body, headers, *more, **how)
        patching.note("urllib3")
        given = self.headers if headers is None else headers
        if not more:  # positional ones include it
            how["assert_same_host"] = False
        pool = _pool(module, target, self)
        path = target.path_for(_path_of(url))
        return send(pool, method, path, body, _headers_for(target, given), *more, **how)

    patching.replace(module.HTTPConnectionPool, "urlopen", urlopen)


def _pool(module: Any, target: Target, original: Any) -> Any:
    """Return a pool for the emulator with the original's patience."""
    options = {"timeout": original.timeout, "retries": original.retries}
    if not target.is_secure:
        return module.HTTPConnectionPool(target.bracketed_host, target.port, **options)
    options["ssl_context"] = target.tls()
    return module.HTTPSConnectionPool(target.bracketed_host, target.port, **options)


def _path_of(url: str) -> str:
    """Return the path and query of a URL, which may be no more than those."""
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _headers_for(target: Target, headers: Mapping[Any, Any]) -> dict[str, Any]:
    texts = {_text(name): _text(value) for name, value in headers.items()}
    return {name: target.header_for(name, value) for name, value in texts.items()}


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
