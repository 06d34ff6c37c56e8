"""Bugs of the emulator: a reference for the client, the error in the journal, all in the log."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from emulator import Emulator
from emulator.apis.evi.chat import opening as live_chats
from emulator.apis.evi.chat.session import Session
from emulator.apis.evi.handlers import HANDLERS
from emulator.handles.diagnosis import timeline
from emulator.server import new_app
from emulator.settings import Settings
from emulator.testing.world import Evi
from emulator.web.app import App
from emulator.world.world import World
from tests import conformance

API_KEY = "key-of-a-world-with-bugs"


class Oops(Exception):
    pass


def fail(*arguments: Any, **options: Any) -> Any:
    raise Oops(f"went wrong for {API_KEY} with api_key=hunter22")


def reference_in(answer: Any) -> str:
    """What the client is told, which is no more than the reference."""
    assert (answer.status_code, answer.json()["code"]) == (500, "emulator_error")
    assert not any(word in answer.text for word in ("Oops", "Traceback", ".py", "hunter22"))
    return str(answer.json()["message"].split()[-1].rstrip("."))


def told(client: TestClient | httpx.Client, reference: str) -> Any:
    [entry] = client.get("/_emulator/journal", params={"reference": reference}).json()["entries"]
    return entry


def check_log(log: str, reference: str) -> None:
    """The traceback stands there under the reference, without keys."""
    assert f"bug {reference}" in log
    assert "Traceback" in log
    assert "Oops" in log
    assert API_KEY not in log
    assert "hunter22" not in log


@pytest.fixture
def app() -> App:
    return new_app(Settings(seed="empty"))


@pytest.fixture
def client(app: App) -> TestClient:
    return TestClient(app, headers={"X-Hume-Api-Key": API_KEY})


def test_a_bug_of_an_operation_leads_into_the_journal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The request's entry has the reference, and the exception without its traceback or keys."""
    monkeypatch.setitem(HANDLERS.by_id, "list-configs", fail)
    client = TestClient(new_app(Settings(seed="empty")), headers={"X-Hume-Api-Key": API_KEY})
    with caplog.at_level(logging.ERROR):
        reference = reference_in(client.get("/v0/evi/configs?api_key=other"))

    entry = told(client, reference)
    assert (entry["kind"], entry["operation"], entry["status"]) == ("http", "list-configs", 500)
    assert entry["error"] == "Oops: went wrong for (hidden) with api_key=(hidden)"
    check_log(caplog.text, reference)
    assert "-> 500 Oops: went wrong" in timeline([entry])
    assert "status 500 is not declared" in conformance.violations.pop()
    client.get("/v0/evi/prompts")
    assert "error" not in client.get("/_emulator/journal").json()["entries"][-1]


def test_a_bug_of_a_control_route(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The same; such requests stand in the journal for nothing else."""
    monkeypatch.setattr(World, "freeze", fail)
    with caplog.at_level(logging.ERROR):
        reference = reference_in(client.post("/_emulator/clock/freeze?x=1"))

    [entry] = client.get("/_emulator/journal").json()["entries"]
    assert entry == told(client, reference)
    assert (entry["kind"], entry["path"], entry["query"]) == (
        "http", "/_emulator/clock/freeze", "x=1"
    )  # fmt: skip
    assert entry["error"] == "Oops: went wrong for (hidden) with api_key=(hidden)"
    check_log(caplog.text, reference)


def test_a_bug_of_a_route_that_needs_no_key(
    app: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody's journal has it, but the log does."""
    monkeypatch.setattr(Settings, "to_json", fail)
    with caplog.at_level(logging.ERROR):
        reference = reference_in(TestClient(app).get("/_emulator/settings"))
    assert f"bug {reference} in GET /_emulator/settings\nTraceback" in caplog.text
    assert "hunter22" not in caplog.text


@pytest.fixture
def evi() -> Iterator[Evi]:
    """A world on a server of its own, over a real socket."""
    with Emulator(seed="empty") as server:
        yield server.world(API_KEY)


def rest_of(socket: ClientConnection) -> str:
    """All that comes until the server closes."""
    received = ""
    with suppress(ConnectionClosedError):  # any code but 1000
        for frame in socket:
            received += str(frame)
    return received + (socket.close_reason or "")


@pytest.mark.parametrize("where", ["receive", "tick"])
def test_a_bug_in_a_chat(
    evi: Evi, where: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a message or with time: the socket is closed with 1011, and the journal says why."""
    with (
        caplog.at_level(logging.ERROR),
        connect(f"{evi.ws_url}?api_key={evi.api_key}", proxy=None) as socket,
    ):
        chat = evi.next_chat()
        monkeypatch.setattr(Session, where, fail)
        if where == "tick":
            evi.clock.advance(minutes=20)
        else:
            socket.send('{"type": "user_input", "text": "Hello"}')
        received = rest_of(socket)

    assert socket.close_code == 1011
    assert "uncaught" in received
    assert "Oops" not in received
    [entry] = evi.journal.entries(kind="bug")
    assert (chat.status, entry["chat_id"]) == ("ERROR", chat.id)
    assert entry["error"] == "Oops: went wrong for (hidden) with api_key=(hidden)"
    check_log(caplog.text, entry["reference"])
    assert f"bug      {entry['error']}" in evi.timeline()


def test_a_bug_in_a_handshake(
    evi: Evi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """500 instead of the upgrade, with a reference that the journal has."""
    monkeypatch.setattr(live_chats, "open_chat", fail)
    with caplog.at_level(logging.ERROR), pytest.raises(InvalidStatus) as refused:
        connect(f"{evi.ws_url}?api_key={evi.api_key}", proxy=None)
    response = refused.value.response
    reference = reference_in(
        httpx.Response(response.status_code, content=bytes(response.body or b""))
    )
    [entry] = evi.journal.entries(reference=reference)
    assert entry["kind"] == "bug"
    check_log(caplog.text, reference)


def test_a_bug_of_a_timer(evi: Evi, caplog: pytest.LogCaptureFixture) -> None:
    """One that is no chat's is told too, and the timers after it run."""
    ran = threading.Event()

    def plan() -> None:
        evi.world.timers.at(0, fail)
        evi.world.timers.at(0, ran.set)

    with caplog.at_level(logging.ERROR):
        evi._bridge.call(plan)
        entry = evi.journal.wait_for("bug", timeout=5)
    assert entry["chat_id"] is None
    check_log(caplog.text, entry["reference"])
    assert ran.wait(5)


def test_half_a_request_is_no_bug(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """A client that goes in the middle of a body has not found one."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        assert message.get("status") != 500

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/_emulator/heard",
        "query_string": b"",
        "headers": [(b"x-hume-api-key", b"k")],
    }
    asyncio.run(app(scope, receive, send))
    assert caplog.text == ""
