"""`evi-emulator record`, `seed import`, `replay` and `diff`, as they are typed."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.cli.main import main
from emulator.extras.recording.reading import read_recording
from emulator.server import Server
from tests.cli.shell import Done, run_here

KEY = "a-key-that-nobody-may-see"
PATIENCE_S = 60
CLIENT = """
import os, sys, urllib.request as u
def ask(path, data=None):
    headers = {"X-Hume-Api-Key": os.environ["HUME_API_KEY"], "Content-Type": "application/json"}
    opener = u.build_opener(u.ProxyHandler({}))
    return opener.open(u.Request(os.environ["HUME_BASE_URL"] + path, data, headers)).read()
ask("/v0/evi/configs?page_size=1")
ask("/v0/evi/prompts", b'{"name": "%s", "text": "x"}' % sys.argv[1].encode())
sys.exit(int(sys.argv[2]))
"""


def client(name: str, code: int = 0) -> list[str]:
    return ["--", sys.executable, "-c", CLIENT, name, str(code)]


def run(*arguments: str) -> Done:
    return run_here(*arguments, HUME_API_KEY=KEY)


@pytest.fixture(scope="module")
def recorded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "talk.ndjson"
    done = run("record", "--upstream", server.url, "--out", str(path), *client("Mine"))
    assert done.returncode == 0, done.stderr
    assert f"goes to {server.url} and nowhere else" in done.stderr
    assert done.stderr.splitlines()[-1] == f"{path}: 2 exchanges, 0 sockets with 0 frames"
    assert done.stdout == ""
    return path


@pytest.mark.process
def test_record_ends_as_its_command_does(server: Server, tmp_path: Path) -> None:
    """With its exit code; what was said until then is in the file, without the key."""
    path = tmp_path / "r"
    done = run("record", "--upstream", server.url, "--out", str(path), *client("Other", 7))
    assert done.returncode == 7
    assert len(read_recording(path).entries) == 2
    assert KEY not in path.read_text()


@pytest.mark.process
def test_record_until_it_is_told_to_stop(server: Server, tmp_path: Path) -> None:
    """It says what it has written."""
    path = tmp_path / "r"
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "record", "--upstream", server.url, "--out", str(path)],
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr is not None
        assert "recording on http://127.0.0.1:" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == f"{path}: 0 exchanges, 0 sockets with 0 frames\n"
    assert process.returncode == 0


@pytest.mark.process
def test_import(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A seed that `seed check` accepts, and a script; files that are there are left alone."""
    seed, script = tmp_path / "seed.yaml", tmp_path / "script.yaml"
    arguments = ["seed", "import", str(recorded), "--seed", str(seed), "--script", str(script)]
    assert main(arguments) == 0
    assert "1 configs" in capsys.readouterr().out
    assert main(["seed", "check", str(seed)]) == 0
    assert main(arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert main([*arguments, "--force"]) == 0
    assert main(arguments[:3]) == 2


@pytest.mark.process
def test_replay(recorded: Path) -> None:
    """0 for a client that does the same, 1 with the differences for another, its own code first."""
    same = run("replay", str(recorded), *client("Mine"))
    assert (same.returncode, same.stdout) == (0, "no differences\n")
    other = run("replay", str(recorded), *client("Another"))
    assert other.returncode == 1
    assert other.stdout == (
        "talk.ndjson:3: POST /v0/evi/prompts /body/name: expected 'Mine', got 'Another'\n"
        "1 difference\n"
    )
    assert run("replay", str(recorded), *client("Another", 9)).returncode == 9
    ignored = run("replay", str(recorded), "--ignore", "/body/na*", *client("Another"))
    assert (ignored.returncode, ignored.stdout) == (0, "no differences\n")


@pytest.mark.process
def test_replay_as_json(recorded: Path) -> None:
    """Stdout has nothing else: what the command prints goes to stderr."""
    command = ["--", sys.executable, "-c", "print('said')"]
    done = run("replay", str(recorded), "--format", "json", *command)
    assert len(json.loads(done.stdout)["differences"]) == 2
    assert "said" in done.stderr


@pytest.mark.process
def test_diff(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing differs, as text and as JSON."""
    assert main(["diff", str(recorded)]) == 0
    assert capsys.readouterr().out.endswith("no differences\n")
    assert main(["diff", str(recorded), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["differences"] == []


@pytest.mark.process
def test_diff_with_a_running_emulator(
    recorded: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """In worlds of its own."""
    assert main(["diff", str(recorded), "--url", server.url]) == 0
    assert capsys.readouterr().out.endswith("no differences\n")


@pytest.mark.process
def test_diff_tells_differences(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With line, subject, place and both sides, unless they are accepted."""
    path = tmp_path / "mutated"
    path.write_text(recorded.read_text().replace('"status":201', '"status":200'))
    assert main(["diff", str(path), "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"] == [
        {"line": 3, "subject": "create-prompt", "place": "/status", "expected": 200, "got": 201}
    ]
    assert main(["diff", str(path), "--ignore", "create-prompt/status"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["record", "--upstream", "nowhere", "--out", "r"], 2, "--upstream must be an address"),
        (["record", "--upstream", "http://a", "--out", "r", "--append", "--force"], 2, "exclude"),
        (["record", "--upstream", "http://a", "--out", "r", "--", "nocmd"], 127, "no command"),
        (["replay", "nowhere"], 1, "cannot read nowhere"),
        (["replay", "nowhere", "--pace", "fast"], 2, "--pace"),
        (["diff", "nowhere", "--patience", "long"], 2, "--patience"),
        (["seed", "import", "nowhere", "--seed", "s"], 1, "cannot read nowhere"),
    ],
)
def test_what_is_typed_wrong(
    arguments: list[str],
    code: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line and the exit code; no file is made."""
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_help_does_not_wait_for_recordings() -> None:
    """The parser of all commands imports nothing that only a recording needs."""
    code = (
        "import sys; from emulator.cli.main import make_parser; make_parser(); "
        "print([name for name in sys.modules if name in ('aiohttp', 'pydantic') "
        "or name.startswith('emulator.extras')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
