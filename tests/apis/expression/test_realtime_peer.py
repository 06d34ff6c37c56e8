"""The socket's side of a session: what it drops, what it keeps, and how it ends."""

import asyncio
import gc
import json
import weakref
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from unittest.mock import Mock

import pytest

from emulator.apis.expression.realtime_opening import RealtimeOpening
from emulator.apis.expression.realtime_peer import RealtimePeer
from emulator.apis.expression.run import ERRORED, LIVE, Run
from emulator.apis.expression.script import read_script
from emulator.apis.expression.state import ExpressionState
from emulator.settings import Settings
from emulator.sockets.outbound import TOO_SLOW, Outbound
from emulator.world.snapshot import Seed
from emulator.world.world import World
from tests.apis.expression.media import jpeg, loud, silence
from tests.apis.expression.sessions import types


class Connection:
    """A peer, and a client that reads what it is sent while `reads` is set."""

    def __init__(self, world: World, endpoint: str) -> None:
        self.world = world
        self.got: list[MutableMapping[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.bugs: list[Exception] = []
        self.outbound = Outbound(self._take, world, "socket")
        opening = RealtimeOpening(world, endpoint, b"")
        opening.check()
        peer = opening.open(self.outbound, self.bugs.append)
        assert isinstance(peer, RealtimePeer)
        self.peer = peer
        self.run: Run = next(world.state(ExpressionState).newest_first())
        self.outbound.open(self._receive, peer.fail, peer.hang_up)
        self.writing = asyncio.create_task(self.outbound.write())

    async def _take(self, message: MutableMapping[str, Any]) -> None:
        await self.reads.wait()
        self.got.append(message)

    async def _receive(self) -> MutableMapping[str, Any]:
        return {"type": "websocket.disconnect"}

    @property
    def types(self) -> list[str]:
        """The types of the messages that came."""
        sent = [each for each in self.got if each["type"] == "websocket.send"]
        return types(json.loads(each["text"]) for each in sent)

    @property
    def closes(self) -> list[tuple[int, str | None]]:
        return [
            (each["code"], each.get("reason"))
            for each in self.got
            if each["type"] == "websocket.close"
        ]

    async def leave(self) -> None:
        self.outbound.leave()
        self.peer.leave()
        self.writing.cancel()
        await asyncio.gather(self.writing, return_exceptions=True)
        self.outbound.let_go()


Test = Callable[[Connection], Awaitable[None]]


def connected(
    seed: Seed, test: Test, endpoint: str = "audio", script: str = "", **settings: Any
) -> Connection:
    """Run a test with an open connection."""

    async def run() -> Connection:
        world = World("key", seed, Settings(clock="manual", **settings))
        world.state(ExpressionState).script = read_script(script)
        connection = Connection(world, endpoint)
        async with asyncio.timeout(20):
            await test(connection)
            await connection.leave()
        assert connection.bugs == []
        assert world.work.on_close == []
        assert world.timers.next_due_ms is None
        assert connection.run.status != LIVE
        return connection

    return asyncio.run(run())


@pytest.fixture
def seed(world: World) -> Seed:
    return world.seed


def test_a_session_is_measured_by_the_script(seed: Seed) -> None:
    """Its world's, as it is when the session begins."""

    async def test(connection: Connection) -> None:
        connection.world.state(ExpressionState).script = read_script("no speech")
        connection.peer.receive_bytes(silence(2_000))
        connection.peer.receive_text(b'{"type": "session.close"}')
        await connection.writing

    connection = connected(seed, test, script="speech from 98 ms to 1 s: joy 0.8")
    assert connection.types == [
        "session.created",
        "utterance.start",
        "measurement.result",
        "utterance.end",
        "session.closed",
    ]
    assert connection.closes == [(1000, "client_request")]


def test_nothing_follows_the_end(seed: Seed) -> None:
    """Whatever comes, and however long the client stays."""

    async def test(connection: Connection) -> None:
        connection.peer.receive_text(b'{"type": "session.close"}')
        connection.peer.receive_bytes(loud(500))
        connection.peer.receive_text(b"{}")
        connection.peer.fail("internal_error", None)
        connection.peer.shut_down()
        await connection.world.advance(10_000_000)
        await connection.writing

    assert connected(seed, test).types == ["session.created", "session.closed"]


@pytest.mark.parametrize("endpoint", ["audio", "video"])
def test_an_ended_session_is_freed(seed: Seed, endpoint: str) -> None:
    """Without the garbage collector: neither its world nor its run holds it."""

    async def test() -> None:
        world = World("key", seed, Settings(clock="manual"))
        connection = Connection(world, endpoint)
        connection.peer.receive_bytes(loud(1_000) if endpoint == "audio" else jpeg())
        connection.peer.receive_text(b'{"type": "session.close"}')
        await connection.writing
        await connection.leave()
        parts = [connection.peer, connection.peer._session, connection.outbound]
        dying = [weakref.ref(part) for part in parts]
        vars(connection).clear()  # it is in a circle with what it sends through
        del parts
        await asyncio.sleep(0)
        assert [each() for each in dying] == [None, None, None]

    gc.disable()
    try:
        asyncio.run(test())
    finally:
        gc.enable()


def test_a_client_that_does_not_read(seed: Seed) -> None:
    """It is cut off when too much waits for it, and its run is errored."""

    async def test(connection: Connection) -> None:
        connection.reads.clear()
        for _ in range(2_000):
            connection.peer.receive_text(b"no JSON")
            await asyncio.sleep(0)

    connection = connected(seed, test, max_unsent_bytes=65_536)
    assert connection.outbound.close_code == TOO_SLOW
    assert connection.run.status == ERRORED


def test_a_bug_ends_the_run(seed: Seed) -> None:
    """The connection closes with 1011 then."""

    async def test(connection: Connection) -> None:
        connection.peer.crash()
        connection.outbound.close(1011)
        await connection.writing
        assert connection.peer.closed(1011, by_server=True) == ()

    run = connected(seed, test).run
    assert (run.status, run.close_code, run.close_reason) == (ERRORED, 1011, "error")


@pytest.mark.parametrize("what", ["tick", "end"])
def test_a_bug_between_frames(seed: Seed, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """It ends the connection alone, neither the world's time nor its reset."""

    async def test() -> None:
        world = World("key", seed, Settings(clock="manual"))
        connection = Connection(world, "audio")
        problem = RuntimeError("so it is")
        monkeypatch.setattr(connection.peer._session, what, Mock(side_effect=problem))
        if what == "tick":
            await world.advance(3_600_000)
        else:
            world.reset()
        assert connection.bugs == [problem]
        await connection.leave()

    asyncio.run(test())


def test_who_waits_for_a_run_is_told_of_its_end(seed: Seed) -> None:
    """Also if the client was cut off, which leaves no entry in the journal after that."""
    told = []

    async def test(connection: Connection) -> None:
        watchers = connection.world.journal.watchers
        watchers.append(lambda: told.append(connection.run.status))

    connected(seed, test)
    assert told == [ERRORED]


def test_a_close_without_a_code(seed: Seed) -> None:
    """The run has none, either."""

    async def test(connection: Connection) -> None:
        assert connection.peer.closed(1005, by_server=False) == ()

    run = connected(seed, test).run
    assert (run.status, run.close_code, run.close_reason) == ("ended", None, None)


@pytest.mark.parametrize("asked", ["internal_error", "uncaught", "E0301"])
def test_errors_of_other_apis_are_internal(seed: Seed, asked: str) -> None:
    """A fault may ask for any error."""

    async def test(connection: Connection) -> None:
        connection.peer.fail(asked, "So it is.")
        await connection.writing

    connection = connected(seed, test)
    assert connection.types == ["session.created", "internal_error", "session.closed"]
    assert json.loads(connection.got[1]["text"])["message"] == "So it is."
    assert connection.closes == [(1008, "error")]


def test_the_worked_example_in_time(seed: Seed) -> None:
    """On a manual clock, each message is sent at its time."""
    at: list[tuple[int, str]] = []

    async def test(connection: Connection) -> None:
        clock = connection.world.clock
        begin_ms = clock.now_ms()
        for _ in range(13_000):
            await connection.world.advance(2, noted=False)
            before = len(connection.got)
            connection.peer.receive_bytes(silence(2))
            if connection.outbound.is_waiting:
                await asyncio.sleep(0)
            sent = connection.got[before:]
            at.extend(
                (clock.now_ms() - begin_ms, json.loads(each["text"])["type"]) for each in sent
            )
        connection.peer.receive_text(b'{"type": "session.close"}')
        await connection.writing

    connection = connected(seed, test, script="speech from 98 ms: joy 0.8, interest 0.4")
    ends = [3_098, 6_098, 9_098, 12_098, 15_098, 18_098, 21_098, 24_098]
    assert [ms for ms, kind in at if kind == "measurement.result"] == ends
    assert connection.types[-3:] == ["measurement.result", "utterance.end", "session.closed"]
    assert connection.run.metered_seconds == pytest.approx(26)
