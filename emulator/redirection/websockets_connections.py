"""Connections by the package websockets: its asyncio, trio, threading and legacy clients."""

from __future__ import annotations

import sys
from functools import wraps
from inspect import isclass, signature
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .hosts import is_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from .patching import Patching
    from .target import Target

_HEADERS = ("additional_headers", "extra_headers")  # the second one is legacy
_ROUTE = ("ssl", "ssl_context", "server_hostname", "host", "port")  # how to reach the service


def patch(module: ModuleType, patching: Patching) -> None:
    """Redirect one of the clients: a class `connect`, or what its function makes, or that."""
    made = getattr(module, "reconnect", module.connect)  # `connect` calls it since version 17
    if isclass(made):
        patching.replace(made, "__init__", _leading(made.__init__, patching, 1))
        return
    wrapped = _leading(made, patching, 0)
    for each in _with_name(made):
        patching.replace(each, "connect", wrapped)


def _with_name(function: Any) -> Iterator[ModuleType]:
    """Yield the modules that have imported a function under its own name."""
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(function.__name__) is function:
            yield module


def _leading(original: Callable[..., Any], patching: Patching, before: int) -> Callable[..., Any]:
    """Wrap a callable whose argument number `before` is the URI."""
    target = patching.target
    takes_proxy = "proxy" in signature(original).parameters

    @wraps(original)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        uri = options["uri"] if "uri" in options else arguments[before]
        parts = urlsplit(uri)
        if not is_service(parts.hostname) or options.get("sock") is not None:
            return original(*arguments, **options)
        patching.note("websockets")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        options = _options_for(target, {**options, **({"proxy": None} if takes_proxy else {})})
        options["uri"] = target.socket_url + target.path_for(path)
        return original(*arguments[:before], **options)

    return wrapper


def _options_for(target: Target, options: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in options.items() if name not in _ROUTE}
    if target.is_secure:
        kept["ssl"] = target.tls()
    for name in _HEADERS:
        if kept.get(name) is not None and not callable(kept[name]):
            kept[name] = [(key, target.header_for(key, value)) for key, value in _pairs(kept[name])]
    return kept


def _pairs(headers: Any) -> Iterator[tuple[str, str]]:
    """Yield the headers of a mapping, of pairs, or of the package's own class."""
    if hasattr(headers, "raw_items"):
        return iter(headers.raw_items())
    return iter(headers.items() if hasattr(headers, "items") else headers)
