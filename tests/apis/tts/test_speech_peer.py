"""The socket's side of a connection: what it drops, what it keeps, and how it ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

import pytest

from emulator.apis.tts.buffer import TextBuffer
from emulator.apis.tts.request import Utterance
from emulator.apis.tts.stream_input import SpeechPeer, StreamOpening
from emulator.apis.voices.state import VoicesState
from emulator.settings import Settings
from emulator.sockets.outbound import NORMAL_CLOSE, TOO_SLOW, Outbound
from emulator.world.snapshot import Seed
from emulator.world.world import World

LONG = "So it went on. " * 300


class Connection:
    """A peer, and a client that reads what it is sent while `reads` is set."""

    def __init__(self, world: World, query: str) -> None:
        self.world = world
        self._seeded = len(world.state(VoicesState).generations.all())
        self.got: list[MutableMapping[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.bugs: list[Exception] = []
        self.outbound = Outbound(self._take, world, "socket")
        opening = StreamOpening(world, query.encode())
        opening.check()
        peer = opening.open(self.outbound, self.bugs.append)
        assert isinstance(peer, SpeechPeer)
        self.peer = peer
        self.outbound.open(self._receive, peer.fail, peer.hang_up)
        self.writing = asyncio.create_task(self.outbound.write())

    async def _take(self, message: MutableMapping[str, Any]) -> None:
        await self.reads.wait()
        self.got.append(message)

    async def _receive(self) -> MutableMapping[str, Any]:
        return {"type": "websocket.disconnect"}

    def say(self, text: str, **more: object) -> None:
        self.peer.receive_text(json.dumps({"text": text, **more}).encode())

    @property
    def frames(self) -> list[Any]:
        """The frames that came: bytes, or the JSON of a text."""
        sent = [each for each in self.got if each["type"] == "websocket.send"]
        return [each["bytes"] if "bytes" in each else json.loads(each["text"]) for each in sent]

    @property
    def close_codes(self) -> list[int]:
        return [each["code"] for each in self.got if each["type"] == "websocket.close"]

    @property
    def said(self) -> list[str]:
        """The texts that are remembered, without the seed's."""
        records = self.world.state(VoicesState).generations.all()[self._seeded :]
        return [each["utterances"][0]["text"] for each in records]

    async def until_closed(self) -> None:
        await self.writing

    async def leave(self) -> None:
        self.outbound.leave()
        self.peer.leave()
        self.writing.cancel()
        await asyncio.gather(self.writing, return_exceptions=True)


Test = Callable[[Connection], Awaitable[None]]
Connect = Callable[..., Connection]


@pytest.fixture
def connected(world: World) -> Connect:
    """Runs a test with an open connection to a world of the demo seed."""
    return partial(_connected, world.seed)


def _connected(seed: Seed, test: Test, query: str = "", **settings: Any) -> Connection:
    async def run() -> Connection:
        connection = Connection(World("key", seed, Settings(**settings)), query)
        async with asyncio.timeout(20):
            await test(connection)
            await connection.leave()
        assert connection.bugs == []
        assert connection.world.work.on_close == []
        return connection

    return asyncio.run(run())


def test_a_reset_closes_the_socket(connected: Connect) -> None:
    """It would say nothing more; what comes later leaves the new state as it is."""

    async def test(connection: Connection) -> None:
        connection.say("Before.", flush=True)
        connection.say("Never.", flush=True)
        connection.world.reset()
        connection.say("After.", flush=True)
        await connection.until_closed()

    connection = connected(test)
    assert connection.close_codes == [NORMAL_CLOSE]
    assert connection.said == []


def test_text_after_the_close(connected: Connect) -> None:
    """It is not remembered as said, since nobody hears it."""

    async def test(connection: Connection) -> None:
        connection.say("One.", close=True)
        await connection.until_closed()
        connection.say("Two.", flush=True)
        await asyncio.sleep(0)

    connection = connected(test)
    assert connection.said == ["One."]
    assert connection.close_codes == [NORMAL_CLOSE]


def test_a_client_that_leaves_while_it_is_spoken_to(connected: Connect) -> None:
    """Nothing waits for it any more, not even the idle timer."""

    async def test(connection: Connection) -> None:
        connection.reads.clear()
        connection.say(LONG, flush=True)
        for _ in range(10):
            await asyncio.sleep(0)
        connection.peer.leave()
        for _ in range(10):
            await asyncio.sleep(0)
        assert connection.world.timers.next_due_ms is None

    connected(test)


def test_errors_for_a_client_that_does_not_read(connected: Connect) -> None:
    """It is cut off when too many wait for it."""

    async def test(connection: Connection) -> None:
        connection.reads.clear()
        for _ in range(1_000):
            connection.peer.receive_text(b"no JSON")
            await asyncio.sleep(0)

    connection = connected(test, max_unsent_bytes=65_536)
    assert connection.outbound.close_code == TOO_SLOW


def test_the_message_of_a_fault(connected: Connect) -> None:
    """What only a request gives is left out."""

    async def test(connection: Connection) -> None:
        connection.peer.fail("voice_required", None)
        connection.peer.fail("zero_credits", None)
        await connection.until_closed()

    messages = [each["message"] for each in connected(test).frames]
    assert messages[0].startswith("... has no voice, and ... needs one")
    assert messages[1].startswith("Exhausted credit balance")


def test_binary_frames_alone(connected: Connect) -> None:
    """An MP3 encoder keeps all of a chunk that is very short, which makes no frame."""

    async def test(connection: Connection) -> None:
        for count in range(1, 21):  # the second sentence is a frame longer than a chunk
            connection.say(f"{'a' * count}. {'la ' * 14}laa. La.", flush=True, speed=3)
        connection.say("", close=True)
        await connection.until_closed()

    connection = connected(test, "strip_headers=true")
    assert len(connection.said) == 20
    assert all(isinstance(frame, bytes) and frame for frame in connection.frames)


def test_the_journal_shows_no_sound(connected: Connect) -> None:
    """An object with sound is shown whole, without it."""

    async def test(connection: Connection) -> None:
        connection.say("Hello there, how are you?", close=True)
        await connection.until_closed()

    connection = connected(test, "no_binary=true")
    entries = connection.world.journal.entries()
    objects = [each["content"] for each in entries if each.get("direction") == "out"]
    assert objects
    assert all(each["audio"].endswith(" characters)") for each in objects)


@pytest.mark.parametrize("count", [50, 500])
def test_a_buffer_of_many_manners(count: int) -> None:
    """What is too long is spoken, even if no word ends in it."""
    buffer = TextBuffer()
    for number in range(count):
        buffer.add(Utterance("a" * 100, speed=1 + number % 2))
        if buffer.is_full:
            buffer.take_ready()
    assert sum(len(each.text) for each in buffer.take_all()) < 5_100
