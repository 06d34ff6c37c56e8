"""Memory that dropped worlds have freed, on its way back to the operating system."""

import asyncio
from collections.abc import Callable
from functools import cache

_WAIT_S = 1.0  # for what ends with a world, and for other worlds that are dropped


class FreedMemory:
    """Has the C library give back what it keeps of freed memory, soon after worlds are dropped.

    glibc keeps what lies below anything that is still used: after much load some 10 MB. To give it
    back takes the event loop some ms, so that it happens once for many worlds.
    """

    def __init__(self) -> None:
        self._handle: asyncio.TimerHandle | None = None

    def return_soon(self) -> None:
        """Give memory back in a moment, from the running event loop; without one, do nothing."""
        if self._handle is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._handle = loop.call_later(_WAIT_S, self._return)

    def _return(self) -> None:
        self._handle = None
        trim = find_trim()
        if trim is not None:
            trim(0)


@cache
def find_trim() -> Callable[[int], object] | None:
    """Return the function of the C library that gives memory back, if it has one."""
    import ctypes  # many servers drop no world

    try:
        trim: Callable[[int], object] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return None
    return trim
