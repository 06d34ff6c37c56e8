"""The way from a test's thread into the server's, and what must not go around it."""

import asyncio
import os
import select
import signal
import tempfile
import threading
import warnings
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.state import EviState
from emulator.audio.wav import wav_header
from emulator.testing.world import Evi
from tests.apis.expression.media import jpeg
from tests.apis.tts.speaking import AVA_SAYS, DEMO
from tests.test_public_names import LISTED
from tests.testing.talking import get, http, talking

PATIENCE_S = 10
SOUND = wav_header(2_000, 48_000) + bytes(2_000)
# What a world never replaces may be taken hold of by any thread.
LASTING = frozenset({"api_key", "reference", "settings", "clock", "timers", "ledger"})


@pytest.fixture
def trespasses(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fields of the world and its clock that other threads than the server's reach for.

    What the world remembers is reached by its `states`. A seed that is read has a world of its
    own for a while, which is of no concern here.
    """
    found: list[str] = []

    def watch(watched: object, lasting: frozenset[str]) -> None:
        kind, fields = type(watched), vars(watched).keys() - lasting

        def is_trespass(self: object) -> bool:
            return self is watched and threading.current_thread().name != "evi-emulator"

        def get(self: Any, name: str) -> Any:
            if name in fields and is_trespass(self):
                found.append(f"{kind.__name__}.{name}")
            return object.__getattribute__(self, name)

        def put(self: Any, name: str, value: Any) -> None:
            if is_trespass(self):
                found.append(f"{kind.__name__}.{name} =")
            object.__setattr__(self, name, value)

        monkeypatch.setattr(kind, "__getattribute__", get)
        monkeypatch.setattr(kind, "__setattr__", put)

    watch(evi.world, LASTING)
    watch(evi.world.clock, frozenset())
    return found


def patch_hume(evi: Evi) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        evi.patch_hume(monkeypatch)


def use_stub(evi: Evi) -> None:
    evi.stub("list-configs", 503)
    get(evi, "/v0/evi/configs")
    evi.check_stubs()


def expect_runs(evi: Evi) -> None:
    with http(evi) as client:
        for _ in range(2):
            client.post("/v1/expression/video/file", files={"file": ("a", jpeg(), "image/jpeg")})
    evi.expression.expect("video")
    asyncio.run(evi.expression.aexpect())


def expect_speech(evi: Evi) -> None:
    with http(evi) as client:
        for _ in range(2):
            client.post("/v0/tts", json=AVA_SAYS)
    evi.tts.expect(voice="Ava Song")
    asyncio.run(evi.tts.aexpect())


def use_receiver(evi: Evi) -> None:
    with evi.webhook_receiver() as receiver:
        evi.webhooks.trigger("chat_ended", receiver.url)
        evi.webhooks.wait_for("chat_ended")
    asyncio.run(evi.webhooks.atrigger("chat_ended", receiver.url))  # nobody listens any more


def save_and_load(evi: Evi) -> None:
    with tempfile.TemporaryDirectory() as folder:
        evi.save(Path(folder) / "world.json")
        evi.load(Path(folder) / "world.json")


def look_at_chats(evi: Evi) -> None:
    ended = evi.simulate(user=["Hello"])
    for chat in (*evi.chats, evi.chat(ended.id)):
        assert (chat.status, chat.is_live) != ("ACTIVE", True)
        assert chat.group_id
        assert chat.errors == []
        assert len(chat.messages) <= len(chat.events)
        assert chat.transcript()


def have_chats(evi: Evi) -> None:
    with talking(evi) as client, talking(evi) as another:
        client.say("Hello")
        another.say("Hello")
        chat, _ = evi.next_chat(), asyncio.run(evi.anext_chat())
        chat.expect("user_input")
        chat.send(type="user_input", text="Hello")
        client.say("Again")
        asyncio.run(chat.aexpect("user_input", text="Again"))
        for _ in range(2):
            client.send(type="tool_response", tool_call_id="x", content="y")
        chat.expect_tool_response()
        asyncio.run(chat.aexpect_tool_response())
    chat.closed(1000)
    asyncio.run(chat.aclosed(1000))


def set_patience(evi: Evi) -> None:
    evi.tool_call_patience_s = evi.tool_call_patience_s
    evi.check_tool_calls()


def wait_for_entries(evi: Evi) -> None:
    get(evi, "/v0/evi/configs")
    evi.journal.wait_for("http")
    asyncio.run(evi.journal.await_for("http"))


def check_models(evi: Evi) -> None:
    """Nothing answers at this address, as a check says of the case."""
    nothing = "http://127.0.0.1:9/chat/completions"
    with pytest.raises(AssertionError, match="typed"):
        evi.clm_check(nothing, cases=["typed"])
    with pytest.raises(AssertionError, match="typed"):
        asyncio.run(evi.aclm_check(nothing, cases=["typed"]))


def wait_for_webhooks(evi: Evi) -> None:
    with evi.webhook_receiver() as receiver:
        evi.webhooks.trigger("chat_ended", receiver.url)
        asyncio.run(evi.webhooks.await_for("chat_ended"))


def look_into(evi: Evi, part: str) -> None:
    resources = getattr(evi, part)
    assert "nobody" not in resources
    assert [resources[each["name"]] for each in resources] == list(resources)
    assert len(resources) == len(list(resources))


def place_calls(evi: Evi) -> None:
    evi.clock.freeze()
    evi.call(user=["Hello"])
    asyncio.run(evi.acall(evi.phone.url(), user=["Hello"]))
    assert len(evi.phone.calls) == 2
    evi.phone.call(user=["Hello"])
    asyncio.run(evi.phone.acall(user=["Hello"]))


SPECIAL = ("__contains__", "__getitem__", "__iter__", "__len__")
# All that reaches the world, by the names of public_names.yaml that it tries.
ACTS: dict[str, Callable[[Evi], object]] = {
    "evi.script": lambda evi: evi.script.on_user("Hello").say("Hi"),
    "evi.script =": lambda evi: setattr(evi, "script", Script()),
    "evi.use_script": lambda evi: evi.use_script("weather"),
    "evi.hear": lambda evi: evi.hear("Hello"),
    "evi.simulate evi.chats evi.chat chat.status chat.is_live chat.group_id chat.errors "
    "chat.messages chat.events chat.transcript": look_at_chats,
    "evi.next_chat evi.anext_chat chat.send chat.expect chat.aexpect chat.expect_tool_response "
    "chat.aexpect_tool_response chat.closed chat.aclosed": have_chats,
    "evi.tool_call_patience_s evi.check_tool_calls": set_patience,
    "evi.stub evi.check_stubs": use_stub,
    "evi.stub_errors": lambda evi: evi.stub_errors(),
    "evi.check_unused": lambda evi: evi.check_unused(),
    "evi.sign": lambda evi: evi.sign("chat_ended"),
    "evi.signing_key": lambda evi: evi.signing_key,
    "evi.env": lambda evi: evi.env,
    "evi.clm_check evi.aclm_check": check_models,
    "evi.call evi.acall evi.phone.call evi.phone.acall evi.phone.calls evi.phone.url": place_calls,
    "evi.ws_url evi.inspector_url": lambda evi: (evi.ws_url, evi.inspector_url),
    "evi.client evi.async_client": lambda evi: (evi.client(), evi.async_client()),
    "evi.seed": lambda evi: evi.seed("empty"),
    "evi.snapshot evi.restore": lambda evi: evi.restore(evi.snapshot()),
    "evi.save evi.load": save_and_load,
    "evi.reset": lambda evi: evi.reset(),
    "evi.patch_hume": patch_hume,
    "evi.close": lambda evi: evi.close(),
    "evi.timeline evi.journal.timeline": lambda evi: (evi.timeline(), evi.journal.timeline()),
    "evi.journal.entries": lambda evi: evi.journal.entries(),
    "evi.journal.wait_for evi.journal.await_for": wait_for_entries,
    "evi.clock.mode": lambda evi: evi.clock.mode,
    "evi.clock.now_ms": lambda evi: evi.clock.now_ms,
    "evi.clock.freeze": lambda evi: evi.clock.freeze(),
    "evi.clock.resume": lambda evi: evi.clock.resume(),
    "evi.clock.advance": lambda evi: evi.clock.advance(seconds=1),
    "evi.clock.aadvance": lambda evi: asyncio.run(evi.clock.aadvance(seconds=1)),
    "evi.contract.findings": lambda evi: evi.contract.findings,
    "evi.contract.coverage": lambda evi: evi.contract.coverage,
    "evi.contract.report": lambda evi: evi.contract.report(),
    "evi.contract.assert_clean": lambda evi: evi.contract.assert_clean(),
    "evi.contract.clear": lambda evi: evi.contract.clear(),
    "evi.faults.add evi.faults.__iter__": lambda evi: [
        evi.faults.add("http", "status"),
        *evi.faults,
    ],
    "evi.faults.clear": lambda evi: evi.faults.clear(),
    "evi.tts.generations": lambda evi: evi.tts.generations,
    "evi.tts.expect evi.tts.aexpect": expect_speech,
    "evi.tts.audio": lambda evi: evi.tts.audio(DEMO),
    "evi.tts.set_sound": lambda evi: evi.tts.set_sound("Hello", SOUND),
    "evi.tts.clear_sounds": lambda evi: evi.tts.clear_sounds(),
    "evi.expression.runs": lambda evi: evi.expression.runs,
    "evi.expression.script": lambda evi: evi.expression.script("no speech"),
    "evi.expression.expect evi.expression.aexpect": expect_runs,
    "evi.webhooks.deliveries": lambda evi: evi.webhooks.deliveries,
    "evi.webhooks.drain": lambda evi: evi.webhooks.drain(),
    "evi.webhooks.adrain": lambda evi: asyncio.run(evi.webhooks.adrain()),
    "evi.webhooks.misbehave": lambda evi: evi.webhooks.misbehave("duplicate"),
    "evi.webhooks.behave": lambda evi: evi.webhooks.behave(),
    "evi.webhook_receiver evi.webhooks.trigger evi.webhooks.atrigger evi.webhooks.wait_for": (
        use_receiver
    ),
    "evi.webhooks.await_for": wait_for_webhooks,
    **{
        " ".join(f"evi.{part}.{name}" for name in SPECIAL): partial(look_into, part=part)
        for part in ("configs", "prompts", "tools", "voices")
    },
}


def test_every_name_is_tried(evi: Evi) -> None:
    """Whatever a handle has that could reach for the world is in the list above."""
    tried = {name for names in ACTS for name in names.split()} - {"="}
    listed = {
        f"{handle}.{name.partition('(')[0]}"
        for handle, names in LISTED["handles"].items()
        if handle == "chat" or handle.partition(".")[0] == "evi"
        for name in names
    }
    values = {f"evi.{name}" for name in vars(evi)} | {"chat.id"}
    assert tried == listed - values


@pytest.mark.parametrize("act", ACTS)
def test_a_world_belongs_to_the_servers_thread(evi: Evi, trespasses: list[str], act: str) -> None:
    """Whatever a test does with a handle, only the server's thread reads and writes the world."""
    ACTS[act](evi)
    assert trespasses == []


BODIES = {
    "POST /_emulator/calls/{call_sid}/heard": {"text": "Hello"},
    "POST /_emulator/clock/advance": {"seconds": 1},
    "POST /_emulator/faults": {"kind": "http", "fault": "status"},
    "POST /_emulator/heard": {"text": "Hello"},
    "POST /_emulator/simulate": {"script": {"user": ["Hello"]}},
    "POST /_emulator/stubs": {"operation": "list-tools", "status": 503},
    "POST /_emulator/tts/sounds": {"text": "Hello", "audio": b64encode(SOUND).decode()},
    "PUT /_emulator/expression/script": {"script": "no speech"},
    "POST /_emulator/calls": {"url": "http://127.0.0.1:9/"},
    "POST /_emulator/webhooks/trigger": {"event_name": "chat_ended", "url": "http://127.0.0.1:9/"},
}
OF_THE_WORLD = [
    route
    for route in LISTED["routes"]
    if route.partition("/")[2].startswith(("_emulator/", "__admin/")) and "inspector" not in route
]


@pytest.mark.parametrize("route", OF_THE_WORLD)
def test_control_routes_stay_in_the_servers_thread(
    evi: Evi, trespasses: list[str], route: str
) -> None:
    """Whatever a route does beside the loop, such as writing a snapshot, is without the world."""
    method, _, path = route.partition(" ")
    with http(evi) as client:
        body = BODIES.get(route, {})
        if route == "PUT /_emulator/snapshot":
            body = client.get(path).json()
        answer = client.request(
            method,
            path.format(
                id="x",
                world=evi.world.reference,
                reference=evi.world.reference,
                chat_id="x",
                call_sid="x",
                generation_id=DEMO,
                run_id="x",
            ),
            params={"timeout": 0} if path.endswith("/wait") else {},
            json=None if method in ("GET", "DELETE") else body,
        )
        client.get("/v0/evi/tools")  # or a stub of it that is left would fail the test
    assert answer.status_code < (300 if route in BODIES else 500)
    assert trespasses == []


@pytest.mark.evi(webhook_time="world", clock="manual")
def test_a_receiver_asks_for_the_worlds_time(evi: Evi, trespasses: list[str]) -> None:
    """A receiver checks times in threads of its own, against the clock of the world."""
    receiver = evi.webhook_receiver()
    evi.webhooks.trigger("chat_ended", receiver.url)
    assert [each.is_genuine for each in receiver.received] == [True]
    assert trespasses == []


def test_a_trespass_is_seen(evi: Evi, trespasses: list[str]) -> None:
    """The tests above can fail."""
    evi.world.user_id = evi.world.user_id
    assert (evi.world.clock.mode, len(evi.world.state(EviState).heard)) == ("system", 0)
    assert trespasses == [
        "World.user_id",
        "World.user_id =",
        "WorldClock._frozen_ms",
        "World.states",
    ]


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_after_a_fork_the_child_is_told() -> None:
    """The server's thread stays with the parent: who asks for it in the child gets an error."""
    with Emulator(seed="empty") as server:
        evi = server.world()
        told = in_a_child(lambda: evi.simulate(user=["Hello"]))
        assert "A fork copies no threads" in told
        assert server.url in told
        assert len(evi.chats) == 0


def in_a_child(act: Callable[[], object]) -> str:
    """The error that `act` raises in a process that is forked from this one."""
    reads, writes = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks
        child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException as error:
            os.write(writes, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writes)
    try:
        answered, _, _ = select.select([reads], [], [], PATIENCE_S)
        return os.read(reads, 10_000).decode() if answered else "it hangs"
    finally:
        os.close(reads)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
