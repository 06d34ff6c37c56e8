"""Chats that are over and worlds that are gone are freed at once, without the garbage collector."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Collection, Iterator

import httpx
import pytest
from websockets.sync.client import connect

from emulator import Emulator
from emulator.apis.evi.chat.simulation import Simulation
from emulator.apis.evi.state import EviState
from emulator.server import Server
from emulator.testing.world import Evi
from emulator.world.world import World
from tests.apis.tts.speaking import AVA
from tests.outgoing.calls import (
    add_fault,
    ask,
    deliveries,
    drain,
    new_config,
    simulate,
    trigger,
)
from tests.outgoing.receiver import Receiver, always
from tests.testing.talking import joining, talking

pytestmark = pytest.mark.slow

PATIENCE_S = 10


CONNECTION = ("Protocol", "CoalescingTransport")


def _named(names: Collection[str]) -> list[object]:
    def is_meant(kind: type) -> bool:
        return kind.__name__ in names and kind.__module__.startswith("emulator.")

    return [each for each in gc.get_objects() if is_meant(type(each))]


class Lives:
    """Objects, none of which it keeps."""

    def __init__(self) -> None:
        self._deaths: list[tuple[str, threading.Event]] = []
        self._older = weakref.WeakSet(_named(CONNECTION))  # connections of earlier tests

    def watch(self, *objects: object) -> None:
        for each in objects:
            death = threading.Event()
            weakref.finalize(each, death.set).atexit = False
            self._deaths.append((type(each).__name__, death))

    def watch_named(self, *names: str) -> None:
        """Watch all objects of the emulator's classes of these names, which must be there."""
        found = [each for each in _named(names) if each not in self._older]
        assert set(names) <= {type(each).__name__ for each in found}
        self.watch(*found)

    def survivors(self) -> list[str]:
        """What is still there when it should not be; it may take a moment to go."""
        assert self._deaths
        return [name for name, death in self._deaths if not death.wait(PATIENCE_S)]


@pytest.fixture
def lives() -> Iterator[Lives]:
    gc.collect()
    gc.disable()
    try:
        yield Lives()
    finally:
        gc.enable()


def watch_sockets(lives: Lives, *names: str) -> None:
    """Watch every open WebSocket down to its connection, and what else has these class names."""
    lives.watch_named("Connection", "Outbound", "SocketProtocol", "CoalescingTransport", *names)


def watch_chats(world: World, lives: Lives) -> None:
    for live in world.state(EviState).live.values():
        lives.watch(live, live.session, live.session.assistant)


# chats


def test_a_chat_over_a_socket(evi: Evi, lives: Lives) -> None:
    """Its end frees it, with its session, though the journal and the store remember it."""
    with talking(evi) as talk:
        talk.say("Hello")
        talk.read_until("assistant_end")
        watch_chats(evi.world, lives)
        watch_sockets(lives, "ChatPeer")
    assert lives.survivors() == []
    assert len(evi.chats[-1].messages) > 1


def test_a_chat_that_others_have_joined(evi: Evi, lives: Lives) -> None:
    """Those who watched it do not keep it."""
    with talking(evi, allow_connection="true") as talk:
        talk.say("Hello")
        chat = evi.next_chat()
        with joining(evi, chat.id) as joined:
            joined.read_until("assistant_end")
            watch_chats(evi.world, lives)
            talk.socket.close()
    assert lives.survivors() == []


def test_a_phone_call(evi: Evi, lives: Lives) -> None:
    """It frees its chat when it ends, though the journal remembers the call."""
    evi.clock.freeze()

    def watch_call(world: World) -> None:
        watch_chats(world, lives)
        watch_sockets(lives, "MediaStreamPeer", "StreamSocket", "MediaStream", "Talk")

    async def call() -> None:
        placed = asyncio.ensure_future(evi.acall(user=["Hello"]))
        await evi.journal.await_for(kind="call", event="caller", timeout=PATIENCE_S)
        evi._bridge.call(lambda: watch_call(evi.world))
        await placed

    asyncio.run(call())
    assert lives.survivors() == []


@pytest.mark.parametrize("fault", ["vanish", "half_frame", "stall", "reorder"])
def test_a_chat_that_breaks(evi: Evi, lives: Lives, fault: str) -> None:
    """Faults of its frames, those to come too, do not keep it."""
    evi.faults.add("socket", "close", at_ms=3_600_000)
    with talking(evi) as talk:
        talk.read_until("chat_metadata")
        watch_chats(evi.world, lives)
        evi.faults.add("socket", fault, type="user_message")
        talk.say("Hello")
    assert lives.survivors() == []


def test_a_simulated_chat(evi: Evi, lives: Lives, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its user's side goes with it; so does the rehearsal."""
    begin = Simulation.start

    def start(self: Simulation) -> None:
        lives.watch(self, self._live, self._session)
        begin(self)

    monkeypatch.setattr(Simulation, "start", start)
    evi.simulate(user=["Hello"])
    evi.simulate(script="weather")
    assert lives.survivors() == []


@pytest.mark.evi(clock="manual")
def test_a_simulated_chat_that_waits(
    evi: Evi, lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lives as long as it waits, and goes when its time is over; its rehearsal went before."""
    begin = Simulation.start

    def start(self: Simulation) -> None:
        lives.watch(self, self._live)
        begin(self)

    monkeypatch.setattr(Simulation, "start", start)
    chat = evi.simulate(user=["Hello"], end_reason="ACTIVE")
    assert chat.is_live
    evi.clock.advance(minutes=40)
    assert not chat.is_live
    assert lives.survivors() == []


# worlds


def test_a_world_that_is_deleted(server: Server, lives: Lives, receiver: Receiver) -> None:
    """With chats that are over or were going on, webhooks to be retried, and refusals."""
    receiver.answer = always(500)
    key = {"X-Hume-Api-Key": "short-lived"}
    with httpx.Client(base_url=server.url, headers=key, trust_env=False) as client:
        config_id = new_config(client, receiver.url)
        simulate(client, config_id=config_id)
        simulate(client, config_id=config_id, user=["Hello"], end_reason="ACTIVE")
        trigger(client, "chat_ended", receiver.url)
        drain(client, 0)
        add_fault(client, "delay")
        simulate(client, config_id=config_id, user=["Hello"])
        ask(client, "POST", "/v0/evi/configs", {"nme": "x"}, 422)
        ask(client, "GET", f"/v0/evi/configs/{config_id}/version/7", None, 404)
        ask(client, "GET", "/v0/evi/nothing", None, 404)
        ask(client, "GET", "/_emulator/nothing", None, 404)
        assert deliveries(client)
        watch_world(server.app.worlds.get("short-lived"), lives)
        ask(client, "DELETE", "/_emulator/world", None, 204)
        assert lives.survivors() == []


@pytest.mark.parametrize("where", ["hanging", "nowhere"])
def test_a_world_with_webhooks_under_way(
    server: Server, lives: Lives, receiver: Receiver, where: str
) -> None:
    """What is cancelled while it waits for an answer, or for its turn, does not keep the world."""
    receiver.hold()
    url = {"hanging": receiver.url, "nowhere": "http://127.0.0.1:9"}[where]
    key = {"X-Hume-Api-Key": "short-lived"}
    with httpx.Client(base_url=server.url, headers=key, trust_env=False) as client:
        config_id = new_config(client, url)
        for _ in range(25):
            simulate(client, config_id=config_id, user=["Hello"])
        if where == "hanging":
            receiver.wait_for(1)
        watch_world(server.app.worlds.get("short-lived"), lives)
        ask(client, "DELETE", "/_emulator/world", None, 204)
        assert lives.survivors() == []


def test_a_world_of_a_test(lives: Lives) -> None:
    """A handle that is closed and forgotten leaves nothing behind."""
    with Emulator(seed="empty") as server:
        evi = server.world()
        evi.simulate(user=["Hello"])
        evi.stub("list-configs", 503)
        watch_world(evi.world, lives)
        evi.close()
        del evi
        assert lives.survivors() == []


def watch_world(world: World, lives: Lives) -> None:
    parts = world.outbox, world.journal, world.faults, world.timers, world.state(EviState).chats
    lives.watch(world, *parts)
    watch_chats(world, lives)


# connections


@pytest.mark.parametrize("is_read", [True, False])
def test_a_connection_whose_answer_is_a_stream(evi: Evi, lives: Lives, is_read: bool) -> None:
    """It is freed with its request, whether the client reads to the end or leaves."""
    body = {"utterances": [{"text": "Hello there. " * 300, "voice": AVA}]}
    key = {"X-Hume-Api-Key": evi.api_key}
    with httpx.stream("POST", f"{evi.url}/v0/tts/stream/json", json=body, headers=key) as answer:
        pieces = answer.iter_bytes()
        next(pieces)
        lives.watch_named(*CONNECTION)
        if is_read:
            assert b"".join(pieces)
    assert lives.survivors() == []


def test_a_socket_of_text_to_speech(evi: Evi, lives: Lives) -> None:
    """Its end frees what has spoken."""
    url = f"ws{evi.url.removeprefix('http')}/v0/tts/stream/input?api_key={evi.api_key}"
    with connect(url) as socket:
        socket.send('{"text": "Hello", "flush": true}')
        socket.recv(timeout=PATIENCE_S)
        watch_sockets(lives, "SpeechPeer")
    assert lives.survivors() == []
