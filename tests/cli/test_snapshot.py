"""`evi-emulator snapshot` and `restore`, and what `serve` and `exec` leave behind."""

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from httpx import Client

from emulator.cli.main import main
from emulator.jsontext import read
from emulator.server import Server
from tests.cli.test_cli import COMMAND, run, served, unused_url
from tests.cli.test_exec import python
from tests.cli.test_exec import run as execute

PATH = "/_emulator/snapshot"


def flags(server: Server, remote: Client) -> list[str]:
    return ["--url", server.url, "--api-key", remote.headers["X-Hume-Api-Key"]]


def test_there_and_back(
    capsys: pytest.CaptureFixture[str], server: Server, remote: Client, tmp_path: Path
) -> None:
    """A world goes into a file, and comes back from it."""
    path = tmp_path / "mine.json"
    before = remote.get(PATH).content
    code, output, errors = run(capsys, "snapshot", str(path), *flags(server, remote))
    assert (code, output, errors) == (0, f"{path}: {len(before)} bytes\n", "")
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600

    remote.post("/_emulator/heard", json={"text": "x"})
    assert run(capsys, "restore", str(path), *flags(server, remote)) == (0, "", "")
    assert remote.get(PATH).content == before


def test_standard_output_and_input(
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    server: Server,
    remote: Client,
) -> None:
    """- stands for them."""
    before = remote.get(PATH).content
    assert main(["snapshot", "-", *flags(server, remote)]) == 0
    assert capsysbinary.readouterr().out == before

    remote.post("/_emulator/heard", json={"text": "x"})
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(before)))
    assert main(["restore", "-", *flags(server, remote)]) == 0
    assert remote.get(PATH).content == before


def test_a_damaged_file_is_refused(
    capsys: pytest.CaptureFixture[str], server: Server, remote: Client, tmp_path: Path
) -> None:
    """A line for each mistake, with the file; the world and the file stay as they are."""
    path = tmp_path / "mine.json"
    before = remote.get(PATH).content
    path.write_bytes(before.replace(b"a", b"b", 1))
    code, _, errors = run(capsys, "restore", str(path), *flags(server, remote))
    assert (code, errors.startswith(f"evi-emulator: {path}: ")) == (1, True)
    assert remote.get(PATH).content == before
    assert path.read_bytes() == before.replace(b"a", b"b", 1)


def test_files_that_are_none(
    capsys: pytest.CaptureFixture[str], server: Server, remote: Client, tmp_path: Path
) -> None:
    """Nothing but a file is replaced, and what is not there can't be read."""
    code, _, errors = run(capsys, "snapshot", str(tmp_path), *flags(server, remote))
    assert (code, errors) == (
        2,
        f"evi-emulator: {tmp_path} is not a file; name one, or - for standard output\n",
    )
    missing = tmp_path / "a" / "b"
    code, _, errors = run(capsys, "snapshot", str(missing), *flags(server, remote))
    assert (code, errors) == (
        1,
        f"evi-emulator: cannot write {missing}: No such file or directory\n",
    )
    code, _, errors = run(capsys, "restore", str(missing), *flags(server, remote))
    assert (code, errors) == (
        2,
        f"evi-emulator: cannot read {missing}: No such file or directory\n",
    )


@pytest.mark.parametrize("command", ["snapshot", "restore"])
def test_no_emulator(capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    """It says so, and leaves the file as it is."""
    path = tmp_path / "mine.json"
    path.write_text("mine")
    url = unused_url()
    code, _, errors = run(capsys, command, str(path), "--url", url)
    assert (code, errors.startswith(f"evi-emulator: no emulator answers at {url}: ")) == (1, True)
    assert path.read_text() == "mine"


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    """It writes the worlds that were used, and those that are to outlive it."""
    folders = ["--state", str(tmp_path / "state"), "--export-on-exit", str(tmp_path / "out")]
    with served("--port", "0", *folders) as (process, line):
        url = re.findall(r"http://[\d.:]+", line)[0]
        headers = {"X-Hume-Api-Key": "mine"}
        with httpx.Client(base_url=url, headers=headers, trust_env=False) as remote:
            assert remote.post("/_emulator/heard", json={"text": "x"}).status_code == 200
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
        assert errors == ""
    found = [*(tmp_path / "out").glob("*.json"), *(tmp_path / "state").glob("*.json")]
    assert [read(path.read_bytes())["world"]["heard"] for path in found] == [["x"], ["x"]]


@pytest.mark.process
def test_a_killed_server_leaves_its_folder(tmp_path: Path) -> None:
    """The lock goes away with the process, and the next one may have the folder."""
    state = ["--port", "0", "--state", str(tmp_path)]
    with served(*state) as (process, line):
        assert line.startswith("Serving ")
        with served(*state) as (other, nothing):
            _, errors = other.communicate(timeout=10)
            assert (other.returncode, nothing) == (3, "")
            assert f"the emulator with process id {process.pid} uses it" in errors
        process.kill()
        process.wait(10)
    with served(*state) as (_, line):
        assert line.startswith("Serving ")


@pytest.mark.process
def test_exec_exports_its_world(tmp_path: Path) -> None:
    """As its command left it."""
    code = "ask('/_emulator/heard', text='x')"
    done = execute("--export-on-exit", str(tmp_path), *python(code))
    assert (done.returncode, done.stderr) == (0, "")
    [path] = tmp_path.iterdir()
    assert json.loads(path.read_bytes())["world"]["heard"] == ["x"]


@pytest.mark.process
def test_other_commands_do_without(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Variables that are meant for `serve` don't make `trigger` keep or export anything."""
    folder = tmp_path / "state"
    environment = {
        **os.environ,
        "EVI_EMULATOR_STATE": str(folder),
        "EVI_EMULATOR_EXPORT_ON_EXIT": str(folder),
    }
    command = [*COMMAND, "trigger", "chat_ended", "--to", unused_url()]
    subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False)
    assert not folder.exists()
