"""What is written in one turn of the event loop leaves in one go, and in order."""

import asyncio
from typing import Any

from emulator.web.write_coalescing import MOST_GATHERED, CoalescingTransport


class Recorder:
    """A transport that keeps what it is told."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False
        self.name = "recorder"

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def writelines(self, list_of_data: list[bytes]) -> None:
        self.writes.append(b"".join(list_of_data))

    def write_eof(self) -> None:
        self.writes.append(b"(end)")

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        """Do nothing."""

    def resume_reading(self) -> None:
        """Do nothing."""


async def turn() -> None:
    """The event loop comes around once."""
    await asyncio.sleep(0)


def coalescing() -> tuple[Recorder, Any]:
    recorder = Recorder()
    return recorder, CoalescingTransport(recorder, asyncio.get_running_loop())  # type: ignore[arg-type]


def test_one_write_for_each_turn() -> None:
    """Nothing waits longer than that."""

    async def run() -> list[bytes]:
        recorder, transport = coalescing()
        transport.write(b"a")
        transport.write(b"b")
        assert recorder.writes == []
        await turn()
        transport.write(b"c")
        await turn()
        await turn()
        return recorder.writes

    assert asyncio.run(run()) == [b"ab", b"c"]


def test_nothing_overtakes_what_is_held_back() -> None:
    """Neither several pieces at once, nor the end of what is written."""

    async def run() -> list[bytes]:
        recorder, transport = coalescing()
        transport.write(b"a")
        transport.writelines([b"b", b"c"])
        transport.write(b"d")
        transport.write_eof()
        await turn()
        return recorder.writes

    assert asyncio.run(run()) == [b"abcd", b"(end)"]


def test_much_is_passed_on_at_once() -> None:
    """So the transport can say that it is full."""

    async def run() -> list[int]:
        recorder, transport = coalescing()
        transport.write(b"a" * MOST_GATHERED)
        transport.write(b"b")
        transport.write(b"c")
        sizes = [len(data) for data in recorder.writes]
        await turn()
        return [*sizes, *map(len, recorder.writes[1:])]

    assert asyncio.run(run()) == [MOST_GATHERED + 1, 1]


def test_nothing_is_lost_when_it_is_closed() -> None:
    """What was written before goes out before, and nothing after."""

    async def run() -> Recorder:
        recorder, transport = coalescing()
        transport.write(b"a")
        transport.close()
        transport.write(b"b")
        await turn()
        return recorder

    recorder = asyncio.run(run())
    assert (recorder.writes, recorder.closed) == ([b"a"], True)


def test_all_else_is_the_transports_own() -> None:
    """Whatever the server asks of it."""

    async def run() -> Any:
        return coalescing()[1].name

    assert asyncio.run(run()) == "recorder"
