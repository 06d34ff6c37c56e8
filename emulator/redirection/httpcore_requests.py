"""Requests by httpcore, which httpx sends by.

Each goes over a connection of its own, so that none is left open, and by no proxy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .hosts import is_service

if TYPE_CHECKING:
    from types import ModuleType

    from .patching import Patching
    from .target import Target


def patch(module: ModuleType, patching: Patching) -> None:
    """Redirect the pools of httpcore, or of its successor."""
    name = module.__name__.replace("core", "x")  # the name that programs know
    target = patching.target
    send = module.ConnectionPool.handle_request
    send_async = module.AsyncConnectionPool.handle_async_request

    def handle_request(self: Any, request: Any) -> Any:
        if not is_service(request.url.host):
            return send(self, request)
        patching.note(name)
        pool = module.ConnectionPool(**_pool_options(target))
        return send(pool, _redirected(module, target, request))

    async def handle_async_request(self: Any, request: Any) -> Any:
        if not is_service(request.url.host):
            return await send_async(self, request)
        patching.note(name)
        pool = module.AsyncConnectionPool(**_pool_options(target))
        return await send_async(pool, _redirected(module, target, request))

    patching.replace(module.ConnectionPool, "handle_request", handle_request)
    patching.replace(module.AsyncConnectionPool, "handle_async_request", handle_async_request)


def _pool_options(target: Target) -> dict[str, Any]:
    return {"ssl_context": target.tls(), "max_keepalive_connections": 0}


def _redirected(module: Any, target: Target, request: Any) -> Any:
    """Return the request for the emulator; its body and its timeouts stay."""
    path = target.path_for(request.url.target.decode("latin-1"))
    url = module.URL(scheme=target.scheme, host=target.host, port=target.port, target=path)
    headers = [(name, _header_for(target, name, value)) for name, value in request.headers]
    kept = {name: each for name, each in request.extensions.items() if name != "sni_hostname"}
    return module.Request(
        request.method, url, headers=headers, content=request.stream, extensions=kept
    )


def _header_for(target: Target, name: bytes, value: bytes) -> bytes:
    return target.header_for(name.decode("latin-1"), value.decode("latin-1")).encode("latin-1")
