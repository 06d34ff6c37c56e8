"""Lookups of the service's name: what was not redirected must not reach it."""

from __future__ import annotations

import socket
import sys

from .hosts import is_service

TYPE_CHECKING = False  # the module typing takes a program's start some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType
    from typing import Any

    from .patching import Patching

# What stands between a library and a lookup.
_BETWEEN = {"_pytest", "asyncio", "concurrent", "contextlib", "socket", "threading", "uvloop"}


def patch(module: ModuleType, patching: Patching) -> None:
    """Fail lookups of the service's hosts with an error, of which the program's user is told."""
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        patching.replace(module, name, _refusing(getattr(module, name), patching))


def _refusing(original: Callable[..., Any], patching: Patching) -> Callable[..., Any]:
    def look_up(*arguments: Any, **options: Any) -> Any:
        host = arguments[0] if arguments else options.get("host")
        if not is_service(host):
            return original(*arguments, **options)
        name = host.decode() if isinstance(host, bytes) else str(host)
        problem = (
            f"could not redirect a connection{_caller(sys._getframe(1))} to {name}, and has "
            "refused it: it redirects httpx, requests, urllib3, aiohttp, websockets, "
            "urllib.request and http.client"
        )
        patching.tell(problem)
        raise socket.gaierror(socket.EAI_NONAME, f"evi-emulator {problem}")

    return look_up


def _caller(frame: FrameType | None) -> str:
    """Return the library that looks a name up, in words; "" if it can't be told."""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if name and name not in _BETWEEN:
            return "" if name == "__main__" else f" of {name}"
        frame = frame.f_back
    return ""
