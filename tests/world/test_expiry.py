"""Worlds that nobody uses are dropped, and their next user is told."""

import asyncio
import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from emulator.credentials import DEFAULT_KEY
from emulator.errors import UsageError
from emulator.handles.diagnosis import describe
from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App
from emulator.world.expiry import Expiry
from emulator.world.world import World

MINUTES, LONGER_S = 10, 600
KEY = "seldom"


@pytest.fixture
def app() -> App:
    return new_app(Settings(seed="empty"))


@pytest.fixture
def expiry(app: App) -> Expiry:
    """It has seen no world yet."""
    return Expiry(app.worlds, MINUTES)


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(app, headers={"X-Hume-Api-Key": KEY}) as client:
        yield client


@pytest.fixture
def world(app: App, client: TestClient) -> World:
    """A world that somebody has used over HTTP."""
    client.get("/v0/evi/configs")
    found = app.worlds.find(KEY)
    assert found is not None
    return found


def entries(client: TestClient) -> list[dict[str, object]]:
    found: list[dict[str, object]] = client.get("/_emulator/journal").json()["entries"]
    return found


def test_a_world_expires_once_it_is_unused_for_long(
    app: App, expiry: Expiry, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so, by its reference and its name."""
    world.rename("mine")
    expiry.drop_unused(0)
    expiry.drop_unused(LONGER_S - 1)
    assert app.worlds.find(KEY) is world

    with caplog.at_level(logging.WARNING, "emulator"):
        expiry.drop_unused(LONGER_S)
    assert app.worlds.find(KEY) is None
    assert caplog.messages == [
        f"the world {world.reference} (mine) has expired: nobody has used it for 10 minutes "
        "(--world-idle-minutes)"
    ]


@pytest.mark.parametrize("path", ["/v0/evi/configs", "/_emulator/journal", "/_emulator/faults"])
def test_each_use_counts(
    app: App, expiry: Expiry, world: World, client: TestClient, path: str
) -> None:
    """A request for a control route, too, though the journal does not have it."""
    expiry.drop_unused(0)
    client.get(path)
    expiry.drop_unused(LONGER_S)
    assert app.worlds.find(KEY) is world
    expiry.drop_unused(2 * LONGER_S)
    assert app.worlds.find(KEY) is None


def test_the_next_world_of_the_key_tells_of_it(
    app: App, expiry: Expiry, world: World, client: TestClient
) -> None:
    """Its journal begins with that, once."""
    expiry.drop_unused(0)
    expiry.drop_unused(LONGER_S)
    first = entries(client)[0]
    assert (first["kind"], first["action"], first["idle_minutes"]) == ("world", "expired", MINUTES)
    assert describe(first) == (
        "world    this key's world before expired: nobody used it for 10 minutes"
    )
    client.delete("/_emulator/world")
    assert entries(client) == []


def test_a_world_that_is_made_anew_tells_of_it_too(
    app: App, expiry: Expiry, world: World, client: TestClient
) -> None:
    expiry.drop_unused(0)
    expiry.drop_unused(LONGER_S)
    client.put("/_emulator/world", json={"clock": "manual"})
    assert [each["kind"] for each in entries(client)] == ["world"]


def test_a_token_leads_to_the_next_world(
    app: App, expiry: Expiry, world: World, client: TestClient
) -> None:
    token = app.auth.issue_token(world)
    expiry.drop_unused(0)
    expiry.drop_unused(LONGER_S)
    answer = client.get(
        "/v0/evi/configs", headers={"X-Hume-Api-Key": "", "Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200
    assert entries(client)[0]["kind"] == "world"


def test_what_is_under_way_keeps_a_world(
    app: App, expiry: Expiry, world: World, client: TestClient
) -> None:
    """A client that is connected, a timer, a job, a webhook."""

    def stays(now_s: float) -> bool:
        expiry.drop_unused(now_s)
        expiry.drop_unused(now_s + LONGER_S)
        return app.worlds.find(KEY) is world

    with world.connected():
        assert stays(0)
    timer = world.timers.at(world.clock.now_ms() + 1_000_000, lambda: None)
    assert stays(10_000)
    world.timers.cancel(timer)
    with world.working("an answer"):
        assert stays(20_000)
    world.outbox.pending = 1
    assert stays(30_000)
    world.outbox.pending = 0
    assert not stays(40_000)


def test_a_client_is_connected_while_its_socket_is_open(app: App) -> None:
    messages: list[Message] = [
        {"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}
    ]  # fmt: skip
    counts = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        counts.append(app.worlds.get(KEY).clients)

    query = f"api_key={KEY}".encode()
    scope = {"type": "websocket", "path": "/v0/evi/chat", "query_string": query, "headers": []}
    asyncio.run(app(scope, receive, send))
    assert counts[0] == 1
    assert app.worlds.get(KEY).clients == 0


def test_worlds_that_stay(app: App, expiry: Expiry) -> None:
    """The default key's, and one that a test owns."""
    kept = [app.worlds.get(DEFAULT_KEY), app.worlds.get("a test's")]
    kept[1].is_owned = True
    for now_s in (0, LONGER_S, 2 * LONGER_S):
        expiry.drop_unused(now_s)
    assert list(app.worlds) == kept


def test_the_log_has_few_lines_of_many(
    app: App, expiry: Expiry, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(15):
        app.worlds.get(f"key {number}")
    expiry.drop_unused(0)
    with caplog.at_level(logging.WARNING, "emulator"):
        expiry.drop_unused(LONGER_S)
    assert len(caplog.messages) == 11
    assert caplog.messages[-1] == "5 more worlds have expired"


def test_an_expired_world_is_freed(app: App, expiry: Expiry) -> None:
    """At once, without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        world = weakref.ref(app.worlds.get(KEY))
        expiry.drop_unused(0)
        expiry.drop_unused(LONGER_S)
        assert world() is None
    finally:
        gc.enable()


def test_settings_that_keep_all_worlds(tmp_path: Path) -> None:
    """None of their servers looks at its worlds."""
    folder = str(tmp_path)
    kept = (
        Settings(world_idle_minutes=0), Settings(api_key=("a", "b")), Settings(state=folder),
        Settings(export_on_exit=folder),
    )  # fmt: skip
    for settings in kept:
        app = new_app(settings)
        app.close()
        assert app._expiry is None
    assert new_app()._expiry is not None


def test_the_setting_is_a_number_of_minutes() -> None:
    with pytest.raises(UsageError, match="world_idle_minutes must be at least 0"):
        Settings(world_idle_minutes=-1)


class Loop:
    """An event loop whose time a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.waits_s: list[float] = []
        self.cancelled = 0
        self._due: Callable[[], object] = lambda: None

    def time(self) -> float:
        return self.now_s

    def call_later(self, wait_s: float, act: Callable[..., object], *given: object) -> "Loop":
        self.waits_s.append(wait_s)
        self._due = partial(act, *given)
        return self

    def cancel(self) -> None:
        self.cancelled += 1

    def ring(self) -> None:
        """Let the time come that was asked for last."""
        self.now_s += self.waits_s[-1]
        self._due()


def test_the_server_looks_now_and_then(app: App, expiry: Expiry, world: World) -> None:
    """Four times in the span, by its event loop; nothing is planned once it has ended."""
    loop = Loop()
    expiry.begin(loop)  # type: ignore[arg-type]
    for _ in range(4):
        loop.ring()
    assert app.worlds.find(KEY) is world
    loop.ring()
    assert app.worlds.find(KEY) is None
    expiry.end()
    expiry.end()
    assert loop.waits_s == [LONGER_S / 4] * 6
    assert loop.cancelled == 1
