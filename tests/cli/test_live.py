"""What `serve` prints as it happens, without a server: worlds of an application are watched."""

import gc
import io
import threading
import weakref
from collections.abc import Iterator

import anyio
import pytest
from starlette.testclient import TestClient

from emulator.cli.colour import has_colours, painter
from emulator.cli.line_writer import LineWriter
from emulator.cli.live import Live
from emulator.contract.findings import find
from emulator.journal.entries import FrameEntry, ScriptEntry, WorldEntry
from emulator.jsontext import Json
from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App
from emulator.world.world import World
from tests.outgoing.calls import drain, new_config, simulate
from tests.outgoing.receiver import Receiver


@pytest.fixture
def lines() -> list[str]:
    """The lines that are printed, without their times."""
    return []


@pytest.fixture
def watched(lines: list[str]) -> Iterator[TestClient]:
    """A client of an application whose worlds are watched."""
    app = new_app(Settings(seed="empty"))
    live = Live(lambda line: lines.append(line[10:]), painter(io.StringIO(), {}))
    app.world_watchers.append(live.watch)
    app.refusal_watchers.append(live.tell_refusal)
    with TestClient(app, headers={"X-Hume-Api-Key": "one"}) as client:
        yield client


def test_a_chat_has_a_line_at_both_ends(app: App, lines: list[str]) -> None:
    """The last one says how long it took, who closed it, and whether there are findings."""
    world = World("key", app.worlds.seed, Settings(clock="manual"))
    Live(lambda line: lines.append(line[10:]), painter(io.StringIO(), {})).watch(world)
    note = world.journal.add
    finding = find("message_in_bytes", (), None)

    note(FrameEntry("c1", "out", {"type": "chat_metadata"}))
    note(FrameEntry("c1", "out", {"type": "assistant_end"}, joined=True))
    note(FrameEntry(None, "out", {"type": "audio"}))
    assert lines == ["chat     c1 has begun"]
    anyio.run(world.advance, 2_400)
    note(FrameEntry("c1", "in", {"type": "user_input"}, findings=(finding, finding)))
    note(FrameEntry("c1", "in", close=1000))
    end = "chat     c1 has ended after 2.4 s, closed by the client with 1000"
    assert lines[1:] == [f"{end}; findings about the client: 2"]
    note(FrameEntry("c2", "out", {"type": "chat_metadata"}))
    note(FrameEntry("c2", "out", error="it read too slowly", close=1008))
    assert lines[3].endswith("closed by the emulator with 1008: it read too slowly")


def test_a_script_that_was_read_again_has_a_line(app: App, lines: list[str]) -> None:
    """The author of the file sees that the change has arrived; a broken file is logged."""
    world = World("key", app.worlds.seed, Settings())
    Live(lambda line: lines.append(line[10:]), painter(io.StringIO(), {})).watch(world)
    for finding in ("script_broken", "script_read", "turn_unmatched"):
        world.journal.add(ScriptEntry(None, finding, finding))
    assert lines == ["script   script_read"]


def test_simulated_chats_and_webhooks(
    watched: TestClient, lines: list[str], receiver: Receiver
) -> None:
    """Each attempt of a webhook has its line."""
    chat_id = simulate(watched, config_id=new_config(watched, receiver.url), script="weather")
    assert drain(watched) == 0
    assert lines[0] == f"chat     {chat_id} is simulated"
    attempts = sorted(line for line in lines if line.startswith("webhook"))
    assert attempts[-1] == f"webhook  tool_call attempt 1 to {receiver.url}: 200"
    assert len(attempts) == 3


def test_refused_requests(watched: TestClient, lines: list[str]) -> None:
    """With the reason in words, also where the caller has no world; others have no line."""
    assert watched.get("/v0/evi/configs").status_code == 200
    assert lines == []
    watched.get("/v0/evi/config")
    watched.post("/v0/evi/prompts", json={})
    watched.get("/v0/evi/configs", headers={"X-Hume-Api-Key": ""})
    watched.get("/_emulator/health", headers={"Host": "elsewhere.example"})
    assert lines[:2] == [
        "refused  GET /v0/evi/config -> 404 Nothing answers GET /v0/evi/config; the closest is "
        "GET /v0/evi/configs.",
        "refused  POST /v0/evi/prompts -> 422 name: Field required; text: Field required",
    ]
    assert lines[2].startswith("refused  list-configs: expected an API key in X-Hume-Api-Key")
    assert lines[3].startswith("refused  GET /_emulator/health: /_emulator/health does not answer ")


def test_several_worlds_are_told_apart(watched: TestClient, lines: list[str]) -> None:
    """By their references, since keys are secrets."""
    watched.get("/v0/evi/nothing")
    watched.get("/v0/evi/nothing", headers={"X-Hume-Api-Key": "another-one"})
    assert "(world " not in lines[0]
    assert "(world " in lines[1]
    assert "another-one" not in lines[1]


def test_a_reset_world_is_still_watched(watched: TestClient, lines: list[str]) -> None:
    """So is one that begins anew with other settings."""
    for method, path in (("POST", "/_emulator/reset"), ("PUT", "/_emulator/world")):
        watched.get("/v0/evi/nothing")
        assert len(lines) == 1
        lines.clear()
        assert watched.request(method, path, json={}).status_code < 300
    watched.get("/v0/evi/nothing")
    assert len(lines) == 1


class Stuck(io.StringIO):
    """A stream whose reader reads nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = threading.Event()

    def write(self, text: str) -> int:
        self.reads.wait(10)
        return super().write(text)


def test_a_world_after_an_expired_one_says_so(app: App, lines: list[str]) -> None:
    world = World("one", app.worlds.seed, Settings())
    Live(lambda line: lines.append(line[10:]), painter(io.StringIO(), {})).watch(world)
    world.journal.add(WorldEntry("expired", 0, 60))
    assert lines == ["world    this key's world before expired: nobody used it for 60 minutes"]


def test_a_watched_world_is_freed_at_once(app: App) -> None:
    """What prints its lines does not keep it, though its journal keeps what prints."""
    world = World("key", app.worlds.seed, Settings())
    Live(lambda line: None, painter(io.StringIO(), {})).watch(world)
    dead = weakref.ref(world)
    gc.collect()
    gc.disable()
    try:
        del world
        assert dead() is None
    finally:
        gc.enable()


def test_a_reader_who_stops_stops_nothing() -> None:
    """Lines that he can't take are left out, and counted."""
    stream = Stuck()
    writer = LineWriter(stream)
    for number in range(3_000):
        writer.write(str(number))
    stream.reads.set()
    writer.close(10)
    written = stream.getvalue().splitlines()
    assert 1_001 <= len(written) <= 1_002
    assert written[:3] == ["0", "1", "2"]

    assert written[-1].endswith("lines left out: they were read too slowly")

    later = LineWriter(closed := io.StringIO())
    closed.close()
    later.write("lost")
    later.close(10)


def test_no_line_is_lost_for_a_character() -> None:
    """The stream's encoding lacks it; the lines beside it are written as they are."""
    stream = io.TextIOWrapper(raw := io.BytesIO(), "cp1252", newline="\n")
    writer = LineWriter(stream)
    for line in ("before", "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{SNOWFLAKE}", "after"):
        writer.write(line)
    writer.close(10)
    assert raw.getvalue() == b"before\ncaf\xe9 \\u2744\nafter\n"


@pytest.mark.parametrize(
    ("environ", "is_terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colours(environ: dict[str, str], is_terminal: bool, coloured: bool) -> None:
    """On a terminal only, unless the environment says otherwise."""
    stream = io.StringIO()
    stream.isatty = lambda: is_terminal  # type: ignore[method-assign]
    assert has_colours(stream, environ) == coloured
    assert painter(stream, environ)("red", "x") == ("\x1b[31mx\x1b[0m" if coloured else "x")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"detail": ["too late"]}, "too late"),
        ({"detail": [{"loc": "name", "msg": "too late"}]}, "too late"),
        ({"detail": [None]}, "None"),
        ({"fault": "too late"}, '{"fault":"too late"}'),
    ],
)
def test_a_refusal_of_any_shape(
    watched: TestClient, lines: list[str], body: Json, why: str
) -> None:
    """A stub's body has any shape; the line that tells of it breaks no request."""
    stub = {"operation": "list-configs", "status": 400, "body": body, "check": False}
    assert watched.post("/_emulator/stubs", json=stub).status_code < 300
    answer = watched.get("/v0/evi/configs")
    assert (answer.status_code, answer.json()) == (400, body)
    assert lines == [f"refused  GET /v0/evi/configs -> 400 {why}"]
