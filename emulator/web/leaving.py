"""Notices that a client leaves before it is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive


class ClientLeft(Exception):
    """The client has left before it was answered."""


@asynccontextmanager
async def left_with(receive: Receive) -> AsyncIterator[None]:
    """Cancel the block when the client leaves. Raises ClientLeft then.

    The rest of the request's body is lost, so it must have been read before.
    """
    leaving = asyncio.create_task(_until_gone(receive))
    here = asyncio.current_task()
    assert here is not None
    is_inside = True

    def end(task: asyncio.Task[None]) -> None:
        if is_inside and not task.cancelled():
            here.cancel()

    leaving.add_done_callback(end)
    try:
        yield
    except asyncio.CancelledError:
        if not leaving.done():
            raise
        here.uncancel()
        raise ClientLeft from None
    finally:
        is_inside = False
        leaving.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
