"""Frames on their way to a client: text and binary, broken by faults, and the room for more."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from emulator.faults.sockets import GARBAGE
from emulator.settings import Settings
from emulator.sockets.outbound import TOO_SLOW, Outbound, OutboundFrame
from emulator.world.snapshot import Seed
from emulator.world.world import World

SOUND = bytes(range(256)) * 4
BINARY = 0x82


class Client:
    """The other end: what it was sent; it may stop reading."""

    def __init__(self) -> None:
        self.transport = self
        self.got: list[MutableMapping[str, Any]] = []
        self.written = b""
        self.is_closed = False
        self.reads = asyncio.Event()
        self.reads.set()

    async def take(self, message: MutableMapping[str, Any]) -> None:
        await self.reads.wait()
        self.got.append(message)

    async def receive(self) -> MutableMapping[str, Any]:
        return {"type": "websocket.disconnect"}

    # as a transport

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    @property
    def frames(self) -> list[str | bytes]:
        return [each.get("bytes") or each["text"] for each in self.got if "code" not in each]


class Sending:
    """An open Outbound, and the task that writes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.client = Client()
        self.outbound = Outbound(self.client.take, world, "socket")
        self.outbound.open(self.client.receive, lambda slug, message: None, lambda: None)
        self.writing = asyncio.create_task(self.outbound.write())

    def sound(self, data: bytes = SOUND) -> None:
        content = {"type": "audio", "bytes": len(data)}
        self.outbound.send(OutboundFrame("audio", content, b"", len(data), {}, data))

    def text(self) -> None:
        self.outbound.send(OutboundFrame("hello", {"type": "hello"}, b"", 20, {}))

    async def end(self) -> None:
        self.outbound.leave()
        self.writing.cancel()
        await asyncio.gather(self.writing, return_exceptions=True)


def sending(test: Callable[[Sending], Awaitable[None]]) -> Sending:
    """Run a test with an open connection."""

    async def run() -> Sending:
        sending = Sending(World("key", Seed("user", {}), Settings(max_unsent_bytes=65_536)))
        async with asyncio.timeout(10):
            await test(sending)
        await sending.end()
        assert sending.world.work.on_close == []
        return sending

    return asyncio.run(run())


async def quiet() -> None:
    """Let every task do what it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def sent_with(**rule: Any) -> Client:
    """What a client gets of sound, a text and the close, under a rule for the first frame."""

    async def test(sending: Sending) -> None:
        sending.world.faults.add("socket", **rule, type="audio", times=1)
        sending.sound()
        sending.text()
        sending.outbound.close(1000)
        await sending.writing

    return sending(test).client


HELLO = '{"type":"hello"}'


def test_binary_and_text_frames() -> None:
    """Each comes as what it is; the journal shows what stands for the bytes."""
    sent = sending(_send_both)
    assert sent.client.frames == [SOUND, HELLO]
    shown = [entry["content"] for entry in sent.world.journal.entries()]
    assert shown == [{"type": "audio", "bytes": len(SOUND)}, {"type": "hello"}]


async def _send_both(sending: Sending) -> None:
    sending.sound()
    sending.text()
    await quiet()


@pytest.mark.parametrize(
    ("fault", "frames"),
    [
        ("garbage", [GARBAGE, HELLO]),
        ("duplicate", [SOUND, SOUND, HELLO]),
        ("reorder", [HELLO, SOUND]),
        ("stall", []),
        ("close", []),
        ("vanish", []),
    ],
)
def test_faults_of_binary_frames(fault: str, frames: list[str | bytes]) -> None:
    """They do what they do to texts."""
    assert sent_with(fault=fault).frames == frames


def test_a_late_binary_frame() -> None:
    """It comes in order all the same."""
    assert sent_with(fault="delay", delay_ms=1).frames == [SOUND, HELLO]


def test_half_a_binary_frame() -> None:
    """The opcode is that of a binary frame."""
    client = sent_with(fault="half_frame")
    assert client.frames == []
    assert client.is_closed
    whole = bytes([BINARY, 126]) + len(SOUND).to_bytes(2, "big") + SOUND
    assert client.written == whole[: len(whole) // 2]


# room


def test_room_is_there_at_once() -> None:
    """Nothing waits."""

    async def test(sending: Sending) -> None:
        assert await sending.outbound.room(1)

    sending(test)


def test_room_comes_as_the_client_reads() -> None:
    """The frame that is being sent counts, too."""

    async def test(sending: Sending) -> None:
        sending.client.reads.clear()
        sending.sound()
        await quiet()
        waiting = asyncio.create_task(sending.outbound.room(len(SOUND)))
        await quiet()
        assert not waiting.done()
        assert await sending.outbound.room(len(SOUND) + 1)
        sending.client.reads.set()
        assert await waiting

    sending(test)


def _leave(sending: Sending) -> None:
    sending.outbound.leave()


def _close(sending: Sending) -> None:
    sending.outbound.close(1000)


def _reset(sending: Sending) -> None:
    sending.world.reset()


def _restore(sending: Sending) -> None:
    sending.world.restore(sending.world.snapshot())


def _give_up(sending: Sending) -> None:
    sending.sound(SOUND * 64)
    sending.sound(SOUND)
    assert not sending.outbound.takes_more()
    assert sending.outbound.close_code == TOO_SLOW


def _break(sending: Sending) -> None:
    """A fault breaks the connection once the client reads on."""
    sending.world.faults.add("socket", "vanish")
    sending.text()
    sending.client.reads.set()


def _cancel(sending: Sending) -> None:
    sending.writing.cancel()


@pytest.mark.parametrize("end", [_leave, _close, _reset, _restore, _give_up, _break, _cancel])
def test_who_waits_for_room_is_told_of_the_end(end: Callable[[Sending], None]) -> None:
    """However the socket ends, nobody waits on, or may send more."""

    async def test(sending: Sending) -> None:
        sending.client.reads.clear()
        for _ in range(2):
            sending.sound()
        await quiet()
        waiting = [asyncio.create_task(sending.outbound.room(1)) for _ in range(2)]
        await quiet()
        end(sending)
        assert await asyncio.gather(*waiting) == [False, False]
        assert not await sending.outbound.room(1_000_000)

    sending(test)
