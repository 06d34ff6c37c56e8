"""From a test's thread into the event loop that serves, and back."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

import anyio.to_thread

from emulator.handles.tracebacks import ShortTraceback, is_on_purpose

__tracebackhide__ = is_on_purpose

T = TypeVar("T")

DEFAULT_TIMEOUT_S = 1.0  # how long a test waits for something, unless it says otherwise

_WITHOUT_THREAD = (
    "the emulator's thread does not run in this process. A fork copies no threads: if this process "
    "was forked after the emulator's start, reach the parent's emulator over HTTP at {url}, or "
    "start an Emulator here. Otherwise the thread has crashed: see its log"
)


_GLANCE_S = 1.0  # how long a repr waits for the server's thread


async def _called(act: Callable[[], T]) -> T:
    return act()


class Serving(Protocol):
    """A server in a thread, at the far end of a bridge."""

    url: str

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """Return the event loop that serves; None before and after."""

    @property
    def has_thread(self) -> bool:
        """True if the thread runs in this process."""


class Bridge:
    """Runs functions and coroutines where the worlds live, so that nothing needs a lock."""

    def __init__(self, server: Serving) -> None:
        self._server = server

    @property
    def url(self) -> str:
        """Return where the server answers."""
        return self._server.url

    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = self._server.loop
        if loop is None:
            raise RuntimeError("the emulator does not run: start it, or use it in a with statement")
        if not self._server.has_thread:
            raise RuntimeError(_WITHOUT_THREAD.format(url=self._server.url))
        return loop

    def call(self, act: Callable[[], T]) -> T:
        """Return what `act` returns, run in the loop. Raises what it raises."""

        return self.run(_called(act))

    def read(self, act: Callable[[], T]) -> T:
        """Return what `act` returns, run in the loop, or here once the server has stopped."""
        return act() if self._server.loop is None else self.call(act)

    def glance(self, act: Callable[[], str]) -> str:
        """Return what `act` says, for a repr, which must neither raise nor wait for long."""
        loop = self._server.loop
        try:
            if loop is None or asyncio._get_running_loop() is loop:
                return act()
            future = self._submit(_called(act))
            return future.result(_GLANCE_S)
        except Exception as error:
            return f"({type(error).__name__})"

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine in the loop."""
        with ShortTraceback():
            return self._submit(coroutine).result()

    async def arun(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine from another event loop, asyncio's or trio's, which continues."""
        future = self._submit(coroutine)
        with ShortTraceback():
            try:
                return await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True)
            finally:
                future.cancel()  # nobody waits for it any more

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop())
        except RuntimeError:
            coroutine.close()
            raise
