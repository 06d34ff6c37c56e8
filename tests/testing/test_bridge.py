"""The way from a test's thread into the server's, and what must not go around it."""

import os
import select
import signal
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from emulator import Emulator
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.state import EviState
from emulator.testing.world import Evi
from tests.testing.talking import get

PATIENCE_S = 10
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


def stub_and_use(evi: Evi) -> None:
    evi.stub("list-configs", 503)
    get(evi, "/v0/evi/configs")


ACTS: dict[str, Callable[[Evi], object]] = {
    "script": lambda evi: evi.script.on_user("Hello").say("Hi"),
    "use_script": lambda evi: evi.use_script("weather"),
    "set script": lambda evi: setattr(evi, "script", Script()),
    "hear": lambda evi: evi.hear("Hello"),
    "chats": lambda evi: [chat.status for chat in evi.chats],
    "chat": lambda evi: evi.simulate(user=["Hello"]).transcript(),
    "stub": lambda evi: stub_and_use(evi),
    "check_stubs": lambda evi: evi.check_stubs(),
    "signing_key": lambda evi: evi.signing_key,
    "env": lambda evi: evi.env,
    "mode": lambda evi: evi.clock.mode,
    "now_ms": lambda evi: evi.clock.now_ms,
    "advance": lambda evi: evi.clock.advance(seconds=1),
    "seed": lambda evi: evi.seed("empty"),
    "restore": lambda evi: evi.restore(evi.snapshot()),
    "reset": lambda evi: evi.reset(),
    "timeline": lambda evi: evi.timeline(),
    "journal": lambda evi: evi.journal.entries(),
    "contract": lambda evi: evi.contract.findings,
    "faults": lambda evi: [evi.faults.add("http", "status"), *evi.faults],
    "webhooks": lambda evi: (evi.webhooks.deliveries, evi.webhooks.drain()),
    "configs": lambda evi: list(evi.configs),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_world_belongs_to_the_servers_thread(evi: Evi, trespasses: list[str], act: str) -> None:
    """Whatever a test does with a handle, only the server's thread reads and writes the world."""
    ACTS[act](evi)
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
