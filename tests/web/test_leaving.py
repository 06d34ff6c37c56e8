"""Tests of the watch for clients that leave."""

import asyncio

import pytest
from starlette.types import Message

from emulator.web.leaving import ClientLeft, WhileHere


class Client:
    """A client that leaves when it is told to, and how often it was asked whether it has."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_asked, self.leaves = asyncio.Event(), asyncio.Event()

    async def receive(self) -> Message:
        self.asked += 1
        self.is_asked.set()
        await self.leaves.wait()
        return {"type": "http.disconnect"}


def test_a_block_that_never_waits_is_not_watched() -> None:
    """Nobody could be seen to leave meanwhile; nor is a watch begun later."""

    async def run() -> None:
        client = Client()
        async with WhileHere(client.receive):
            pass
        await asyncio.sleep(0)
        assert client.asked == 0

    asyncio.run(run())


def test_the_client_leaves() -> None:
    """The block ends there, and its task goes on."""

    async def run() -> None:
        client = Client()
        asyncio.get_running_loop().call_soon(client.leaves.set)
        with pytest.raises(ClientLeft):
            async with WhileHere(client.receive):
                await asyncio.Event().wait()
        task = asyncio.current_task()
        assert client.asked == 1
        assert task is not None
        assert not task.cancelling()

    asyncio.run(run())


def test_a_cancelled_task_is_not_a_client_that_left() -> None:
    """Who cancels the block sees it cancelled, and the watch ends."""

    async def run() -> None:
        client = Client()

        async def wait() -> None:
            async with WhileHere(client.receive):
                await asyncio.Event().wait()

        task = asyncio.create_task(wait())
        await client.is_asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())
