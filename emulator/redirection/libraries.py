"""Which libraries are redirected, and when: as soon as a program imports one."""

from __future__ import annotations

import sys
from importlib import import_module

from .hosts import BadTarget
from .imports import AfterImport, FirstFinder

TYPE_CHECKING = False  # the module typing takes a program's start some milliseconds
if TYPE_CHECKING:
    from types import ModuleType

    from .patching import Patching

# The module that is patched, and ours that patches it.
LIBRARIES = {
    "httpcore": "httpcore_requests",  # which httpx sends by
    "httpcore2": "httpcore_requests",
    "urllib3.connectionpool": "urllib3_requests",  # which requests sends by
    "aiohttp.client_reqrep": "aiohttp_requests",
    "http.client": "http_client_requests",  # which urllib.request sends by
    "websockets.asyncio.client": "websockets_connections",
    "websockets.legacy.client": "websockets_connections",
    "websockets.sync.client": "websockets_connections",
    "websockets.trio.client": "websockets_connections",
    "socket": "lookups",  # of what remains, to tell of it
}
_FIRST = FirstFinder()


def install(patching: Patching) -> None:
    """Redirect the libraries that are loaded, and the others when the program imports them."""

    def patch(module: ModuleType) -> None:
        _patch(module, patching)

    patching.replace(_FIRST, "finder", AfterImport(dict.fromkeys(LIBRARIES, patch)))
    for name in LIBRARIES:
        module = sys.modules.get(name)
        if module is not None:
            patch(module)


def _patch(module: ModuleType, patching: Patching) -> None:
    """Redirect one library. A failure is told, and the program goes on."""
    try:
        ours = import_module(f"{__package__}.{LIBRARIES[module.__name__]}")
        ours.patch(module, patching)
    except BadTarget as error:
        patching.tell(str(error))
    except Exception as error:  # another version of the library, perhaps
        name = module.__name__.partition(".")[0]
        patching.tell(f"{name} can't be redirected: {type(error).__name__}: {error}")
