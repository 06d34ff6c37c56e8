"""Notices that a client leaves before it is answered."""

import asyncio
from types import TracebackType

from starlette.types import Receive


class ClientLeft(Exception):
    """The client has left before it was answered."""


class WhileHere:
    """Cancels its block when the client leaves: `async with WhileHere(receive)`.

    Raises ClientLeft then.

    The rest of the request's body is lost, so it must have been read before. The watch begins when
    the block first waits: until then it would see nothing, and the first piece is sent sooner.
    """

    __slots__ = ("_begin", "_block", "_leaving", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._block: asyncio.Task[object] | None = None  # None outside
        self._begin: asyncio.Handle | None = None  # until it watches
        self._leaving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._block = asyncio.current_task()
        self._begin = asyncio.get_running_loop().call_soon(self._watch)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Both refer to this watch in turn, which would be freed late.
        begin, self._begin = self._begin, None
        leaving, self._leaving = self._leaving, None
        block, self._block = self._block, None
        if leaving is None:
            assert begin is not None
            begin.cancel()
        elif not leaving.done():
            leaving.cancel()
        elif kind is not None and issubclass(kind, asyncio.CancelledError):
            assert block is not None
            block.uncancel()
            raise ClientLeft from None

    def _watch(self) -> None:
        self._leaving = asyncio.create_task(_until_gone(self._receive))
        self._leaving.add_done_callback(self._end)

    def _end(self, leaving: asyncio.Task[None]) -> None:
        if self._block is not None and not leaving.cancelled():
            self._block.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
