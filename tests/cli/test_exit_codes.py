"""Exit codes are as docs/reference/commands.md says, for every command."""

import re
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

import emulator
from emulator.cli.main import COMMANDS
from emulator.server import Server
from tests.cli.shell import run_here
from tests.cli.test_cli import unused_url

PAGE = Path(emulator.__file__).parent.parent / "docs" / "reference" / "commands.md"
FINE = 0

# Arguments with the code that they end with. Of them, URL is a running emulator's, WORLD that with
# a key of this test's, NOBODY one that nobody answers at, TAKEN a port that is in use; OUT and IN
# are files, and SNAPSHOT one of a world.
CASES: dict[str, list[tuple[str, int]]] = {
    "serve": [("--port TAKEN", 3), ("--port nine", 2), ("--seed nosuch.yaml", 3), ("--nosuch", 2)],
    "ready": [("--url URL", 0), ("--url NOBODY --timeout 1ms", 1), ("--timeout soon", 2)],
    "exec": [("-- true", 0), ("-- false", 1), ("", 2), ("--pace slow -- true", 2)],
    "operations": [("", 0), ("--spec nosuch.yaml", 3), ("extra", 2)],
    "seed check": [("demo", 0), ("IN", 1), ("", 2)],
    "seed show": [("", 0), ("--nosuch", 2)],
    "seed import": [("IN --seed OUT", 1), ("", 2)],
    "simulate": [
        ("weather --url WORLD", 0), ("weather --url NOBODY", 1), ("weather --wait long", 2),
        ("", 2),
    ],
    "snapshot": [
        ("OUT --url WORLD", 0), ("OUT --url NOBODY", 1), ("OUT --url ftp://x", 2), ("", 2),
    ],
    "restore": [
        ("SNAPSHOT --url WORLD", 0), ("IN --url WORLD", 1), ("OUT --url WORLD", 2),
        ("SNAPSHOT --url ftp://x", 2), ("", 2),
    ],
    "tail": [("--no-follow --url WORLD", 0), ("--url NOBODY", 1), ("--kind nosuch", 2)],
    "trigger": [("chat_ended --to NOBODY", 1), ("nosuch --to NOBODY", 2), ("", 2)],
    "fault list": [("--url WORLD", 0), ("--url NOBODY", 1), ("--nosuch", 2)],
    "fault add": [("http status --url WORLD", 0), ("http nosuch --url WORLD", 2), ("", 2)],
    "fault clear": [("--url WORLD", 0), ("--url NOBODY", 1)],
    "call": [("NOBODY --user Hello", 1), ("ftp://x", 2), ("", 2)],
    "clm-check": [("NOBODY", 1), ("ftp://x", 2), ("", 2)],
    "report": [
        ("--url WORLD --all --fail-on never", 0), ("--url NOBODY", 1), ("--fail-on nosuch", 2),
        ("--url WORLD --format nosuch", 2),
    ],
    "record": [
        ("--upstream NOBODY --out OUT --port TAKEN", 3), ("--upstream ftp://x --out OUT", 2),
        ("", 2),
    ],
    "replay": [("IN", 1), ("", 2)],
    "diff": [("IN --url URL", 1), ("", 2)],
}  # fmt: skip


def test_every_command_has_its_cases() -> None:
    """Their codes are those of the page's table."""
    assert {name.partition(" ")[0] for name in CASES} == COMMANDS.keys()
    told = re.findall(r"^\| (\d) \| ", PAGE.read_text(), re.MULTILINE)
    assert {int(code) for code in told} == {code for cases in CASES.values() for _, code in cases}


@pytest.mark.process  # `exec` starts its command
@pytest.mark.parametrize("command", CASES)
def test_exit_codes(command: str, server: Server, api_key: str, tmp_path: Path) -> None:
    """Nothing ends with a traceback, and what fails says why."""
    (tmp_path / "in").write_text("prompts: 3\n")
    if command == "restore":
        run_here("snapshot", str(tmp_path / "snapshot"), "--url", server.url, "--api-key", api_key)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = {
            "URL": server.url,
            "WORLD": f"{server.url} --api-key {api_key}",
            "NOBODY": unused_url(),
            "TAKEN": str(taken.getsockname()[1]),
            "OUT": str(tmp_path / "out"),
            "IN": str(tmp_path / "in"),
            "SNAPSHOT": str(tmp_path / "snapshot"),
        }
        ended = {
            (arguments, code): run_here(*command.split(), *filled(arguments, given))
            for arguments, code in CASES[command]
        }
    for (arguments, code), done in ended.items():
        shown = (command, arguments, done)
        assert done.returncode == code, shown
        assert "Traceback" not in done.stderr, shown
        assert code == FINE or done.stderr or done.stdout, shown


def filled(arguments: str, given: dict[str, str]) -> Sequence[str]:
    return [word for each in arguments.split() for word in given.get(each, each).split()]
