"""The command line, as a user types it."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from emulator import __version__
from emulator.cli.main import main
from emulator.server import Server
from emulator.settings import SETTINGS

COMMAND = [sys.executable, "-m", "emulator"]


@contextmanager
def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and the line that it prints."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    return code, *capsys.readouterr()


@pytest.mark.parametrize("arguments", [["serve", "--port", "0"], ["--port", "0"]])
def test_serve_prints_one_line_and_ends_with_ctrl_c(arguments: list[str]) -> None:
    """Without a command it serves; the line says where; Ctrl-C ends it quietly with 0."""
    with served(*arguments) as (process, line):
        match = re.match(r"Serving 35 operations \(seed demo\) on (http://127\.0\.0\.1:\d+) ", line)
        assert match is not None, line
        url = match[1]
        assert f'HumeClient(base_url="{url}", api_key="any")' in line
        assert f'new HumeClient({{ environment: "{url}", apiKey: "any" }})' in line
        assert f'<VoiceProvider hostname="{url}">' in line
        with urlopen(f"{url}/_emulator/health") as answer:
            assert answer.status == 200

        process.send_signal(signal.SIGINT)

        output, errors = process.communicate(timeout=10)
        assert (process.returncode, output, errors) == (0, "", "")


def test_environment_variables_are_read() -> None:
    """A setting may come from the environment."""
    environment = {**os.environ, "EVI_EMULATOR_PORT": "nine"}
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert done.stderr == (
        "evi-emulator: port must be an integer, got 'nine' (from EVI_EMULATOR_PORT)\n"
    )


def test_a_port_in_use_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A taken port ends the start with 3, and says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output, errors = run(capsys, "serve", "--port", str(port), "--seed", "empty")

    assert (code, output) == (3, "")
    assert errors == (
        f"evi-emulator: cannot listen on 127.0.0.1:{port}: the port is in use; "
        "stop the other process, or choose a port with --port (0: any)\n"
    )


def test_a_host_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A host that can't be listened on is named."""
    code, _, errors = run(capsys, "serve", "--host", "192.0.2.1", "--seed", "empty")
    assert code == 3
    assert errors.startswith("evi-emulator: cannot listen on 192.0.2.1:8484: ")


def test_ready_finds_a_server(capsys: pytest.CaptureFixture[str], server: Server) -> None:
    """`ready` ends with 0 as soon as the emulator answers."""
    code, output, _ = run(capsys, "ready", "--url", server.url, "--timeout", "10s")
    assert (code, output) == (0, f"ready: evi-emulator {__version__} on {server.url}\n")


def test_ready_gives_up(capsys: pytest.CaptureFixture[str]) -> None:
    """`ready` ends with 1 at its timeout, and says why."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        code, _, errors = run(capsys, "ready", "--url", url, "--timeout", "1ms")
    assert code == 1
    assert f"no emulator answered at {url} within 1 ms" in errors


def test_ready_wants_a_duration(capsys: pytest.CaptureFixture[str]) -> None:
    """A timeout that is no duration is a usage error."""
    code, _, errors = run(capsys, "ready", "--timeout", "soon")
    assert code == 2
    assert errors == "evi-emulator: a duration must look like 10s, 500ms or 2m, got 'soon'\n"


def test_operations_are_all_implemented(capsys: pytest.CaptureFixture[str]) -> None:
    """`operations` lists each operation of the document, and ends with 0 if all are there."""
    code, output, _ = run(capsys, "operations")
    lines = output.splitlines()

    assert code == 0
    assert lines[-1] == "35 operations, 35 implemented"
    assert len(lines) == 36
    assert all(line.startswith("yes  ") for line in lines[:-1])


def test_operations_tells_what_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, server: Server
) -> None:
    """An operation without a handler is marked, and makes the command fail."""
    text = server.app.document.path.read_text()
    path = tmp_path / "other.yaml"
    path.write_text(text.replace("operationId: list-configs\n", "operationId: list-things\n"))

    code, output, _ = run(capsys, "operations", "--spec", str(path))

    assert code == 1
    assert "NO   list-things" in output
    assert output.endswith("35 operations, 34 implemented\n")


def test_seed_check_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """`seed check` of a good seed says what is in it."""
    code, output, _ = run(capsys, "seed", "check", "demo")
    assert code == 0
    assert re.fullmatch(r"demo: 4 configs, .*, 12 chats, 6 chat groups\n", output)


def test_seed_check_finds_mistakes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`seed check` of a bad seed prints its mistakes and fails."""
    path = tmp_path / "bad.yaml"
    path.write_text("prompts: 3\n")

    code, _, errors = run(capsys, "seed", "check", str(path))

    assert code == 1
    assert errors == "evi-emulator: bad.yaml:1: /prompts: Input should be a valid list, got 3\n"


def test_a_shown_seed_can_be_checked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What `seed show` prints is a seed file to start from."""
    _, text, _ = run(capsys, "seed", "show")
    path = tmp_path / "mine.yaml"
    path.write_text(text)

    code, output, _ = run(capsys, "seed", "check", str(path))

    assert code == 0
    assert "12 chats" in output


def test_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """`serve --help` has every setting with its flag and its variable."""
    with pytest.raises(SystemExit, match="0"):
        main(["serve", "--help"])

    text = capsys.readouterr().out
    for setting in SETTINGS:
        assert setting.flag in text
        assert setting.env in text


@pytest.mark.parametrize("arguments", [["sevre"], ["--prot", "1"], ["seed"]])
def test_wrong_usage_is_refused(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """An unknown command or flag ends with 2."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert "usage: evi-emulator" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints the package's version."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"evi-emulator {__version__}\n"
