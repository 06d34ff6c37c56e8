"""`evi-emulator tail` follows a world's journal."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Client

from emulator import Emulator
from emulator.cli import tail as command
from emulator.cli.main import main
from emulator.server import Server
from tests.outgoing.calls import simulate


@pytest.fixture
def follow(
    server: Server, remote: Client, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[str]]]:
    """Runs the command in this test's world; returns its exit code and its lines."""

    def run(*arguments: str) -> tuple[int, list[str]]:
        where = ["--url", server.url, "--api-key", remote.headers["X-Hume-Api-Key"]]
        code = main(["tail", *where, *arguments])
        return code, capsys.readouterr().out.splitlines()

    return run


def test_the_last_entries_come_first(
    follow: Callable[..., tuple[int, list[str]]], remote: Client
) -> None:
    """In the words of a timeline, with the time and the number; as many as are asked for."""
    for name in ("configs", "prompts", "tools"):
        remote.get(f"/v0/evi/{name}")
    code, lines = follow("--no-follow", "--lines", "2")
    assert code == 0
    assert [line.split("  ", 1)[1].split() for line in lines] == [
        ["2", "http", "GET", "/v0/evi/prompts", "->", "200"],
        ["3", "http", "GET", "/v0/evi/tools", "->", "200"],
    ]
    assert follow("--no-follow", "-n", "0") == (0, [])


def test_a_world_that_nobody_has_used(
    server: Server, capsys: pytest.CaptureFixture[str], remote: Client
) -> None:
    """It says on stderr that the program may use another key."""
    remote.get("/v0/evi/configs")
    where = ["--url", server.url, "--no-follow", "--json"]
    assert main(["tail", *where, "--api-key", "a key that nobody uses"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "nothing has happened yet in the world of this API key, but " in told.err
    assert "in use: pass your program's key with --api-key" in told.err
    assert main(["tail", *where, "--api-key", remote.headers["X-Hume-Api-Key"], "-n", "0"]) == 0
    assert capsys.readouterr().err == ""


def test_a_world_that_has_only_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    """It is not counted among the other ones."""
    with Emulator(seed="empty") as emulator:
        evi = emulator.world(name="shop")
        assert main(["tail", "--url", emulator.url, "--no-follow", "--api-key", evi.api_key]) == 0
    told = capsys.readouterr().err
    assert told == "evi-emulator: nothing has happened yet in the world of this API key\n"


def test_filters(follow: Callable[..., tuple[int, list[str]]], remote: Client) -> None:
    """By kind, of which there may be several, and by what an entry has."""
    remote.get("/v0/evi/configs")
    remote.get("/v0/evi/configs/x")
    chat_id = simulate(remote, user=["Hello"])
    other = simulate(remote, user=["Hello"])

    def shown(*arguments: str) -> list[Any]:
        return [json.loads(line) for line in follow("--no-follow", "--json", *arguments)[1]]

    assert {each["chat_id"] for each in shown("--chat", chat_id, "-n", "99")} == {chat_id}
    kinds = {each["kind"] for each in shown("--kind", "frame", "--kind", "clock", "-n", "99")}
    assert kinds == {"frame"}
    assert {each["chat_id"] for each in shown("--kind", "frame", "-n", "99")} == {chat_id, other}
    [refused] = shown("--status", "422")
    assert refused["path"] == "/v0/evi/configs/x"
    [listed] = shown("--operation", "list-configs", "--method", "GET")
    assert listed["status"] == 200


def test_it_follows_also_a_world_that_begins_anew(
    server: Server, remote: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each entry is printed once, when it comes; Ctrl-C ends it with 0."""
    monkeypatch.setattr(command, "_WAIT_S", 0.2)
    printed = Printed()
    monkeypatch.setattr("builtins.print", printed)
    remote.get("/v0/evi/configs")
    where = ["--url", server.url, "--api-key", remote.headers["X-Hume-Api-Key"]]
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(main(["tail", *where, "--kind", "http"])))
    thread.start()
    printed.wait_for("/v0/evi/configs -> 200")
    remote.get("/v0/evi/prompts")
    printed.wait_for("/v0/evi/prompts -> 200")
    for method, path in (("POST", "/_emulator/reset"), ("PUT", "/_emulator/world")):
        assert remote.request(method, path, json={}).status_code < 300
        remote.get("/v0/evi/tools")
        printed.wait_for("/v0/evi/tools -> 200")
    printed.ends_with_next = True
    remote.get("/v0/evi/chats")
    thread.join(10)
    assert ended == [0]
    gets = [line.split("GET ")[1] for line in printed.lines if " GET " in line]
    assert len([line for line in gets if line.startswith("/v0/evi/configs")]) == 1


class Printed:
    """Takes the place of `print`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ends_with_next = False
        self._changed = threading.Condition()
        self._seen = 0

    def __call__(self, line: str, **options: object) -> None:
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()
        if self.ends_with_next:
            raise KeyboardInterrupt

    def wait_for(self, text: str) -> None:
        """Wait for a line with this text, after the one that was waited for before."""

        def is_there() -> bool:
            return any(text in line for line in self.lines[self._seen :])

        with self._changed:
            assert self._changed.wait_for(is_there, 10), self.lines
            at = next(i for i in range(self._seen, len(self.lines)) if text in self.lines[i])
            self._seen = at + 1


def test_nobody_sees_who_looks(
    follow: Callable[..., tuple[int, list[str]]], remote: Client
) -> None:
    """Its own requests are in no journal."""
    remote.get("/v0/evi/configs")
    follow("--no-follow")
    entries = remote.get("/_emulator/journal", headers={"X-EVI-Emulator-Quiet": "1"}).json()
    assert [each["path"] for each in entries["entries"]] == ["/v0/evi/configs"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "htp"], "--kind must be one of http, frame"),
        (["--lines", "-1"], "--lines must be at least 0, got -1"),
        (["--direction", "up"], "--direction must be in or out, got 'up'"),
    ],
)
def test_wrong_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """It ends with 2, and says what is known."""
    assert main(["tail", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_kinds_have_colours_on_a_terminal() -> None:
    """An entry of a refused request is red; others have the colour of their kind."""
    entry = {"seq": 1, "kind": "http", "at_ms": 0, "method": "GET", "path": "/x", "query": ""}

    def paint(style: str, text: str) -> str:
        return f"<{style}>{text}</>"

    refused = command._line({**entry, "status": 404, "response": "no"}, paint)
    assert "<red>http    </> GET /x -> 404 no" in refused
    broken = command._line({**entry, "status": None, "response": ""}, paint)
    assert "<red>http    </>" in broken
    assert "<" not in command._line({**entry, "status": 200, "response": ""}, paint)[22:]
