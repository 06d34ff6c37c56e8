"""`evi-emulator report`, and the report of `evi-emulator exec`."""

import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from emulator.contract.renderings import FORMATS
from emulator.server import Server
from emulator.settings import Settings
from tests.cli.test_cli import run, unused_url
from tests.cli.test_exec import python
from tests.cli.test_exec import run as execute

PROMPTS, CONFIGS = "/v0/evi/prompts", "/v0/evi/configs"
PATH = "/_emulator/contract"
WARNED = {"name": "A", "text": "B", "txet": "C"}


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that nobody else uses, for reports of all worlds."""
    with Server(Settings(seed="demo", port=0)) as server:
        yield server


class Client:
    """A client of one world, and the command's flags that lead there."""

    def __init__(self, server: Server, key: str) -> None:
        self.http = httpx.Client(
            base_url=server.url, headers={"X-Hume-Api-Key": key}, trust_env=False
        )
        self.flags = ["--url", server.url, "--api-key", key]

    def warn(self) -> None:
        """Bring about a warning."""
        self.http.post(PROMPTS, json=WARNED)

    def fail(self) -> None:
        """Bring about an error."""
        self.http.get(CONFIGS, params={"page_size": "0"})

    @property
    def contract(self) -> Any:
        return self.http.get(PATH).json()


@pytest.fixture
def client(server: Server, api_key: str) -> Iterator[Client]:
    client = Client(server, api_key)
    with client.http:
        yield client


Capsys = pytest.CaptureFixture[str]

# what it prints


def test_it_prints_the_report(capsys: Capsys, client: Client) -> None:
    """As text; a pipe gets no colours."""
    client.warn()
    code, output, errors = run(capsys, "report", *client.flags)
    assert (code, errors) == (0, "")
    assert output.startswith("EVI contract report: 0 errors, 1 warning; coverage ")
    assert "warning field_unknown  create-prompt  /body/txet" in output
    assert "\x1b" not in output


@pytest.mark.parametrize("format", FORMATS)
def test_formats(capsys: Capsys, client: Client, format: str) -> None:
    """Each is one, and goes to standard output alone."""
    client.fail()
    code, output, errors = run(capsys, "report", *client.flags, "--format", format)
    assert (code, errors) == (1, "")
    assert "request_invalid" in output.replace("\\", "")
    begins = {
        "text": "EVI contract report: ",
        "json": "{",
        "junit": "<?xml ",
        "html": "<!DOCTYPE html>",
        "markdown": "# EVI contract report",
    }
    assert output.startswith(begins[format])
    if format == "json":
        content = json.loads(output)
        assert content.pop("failures") == ["1 finding at level error or above"]
        assert content == client.contract
    if format == "junit":
        assert ElementTree.fromstring(output)[0].get("failures") == "1"


class Terminal(io.StringIO):
    """A standard output that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("format", "no_colour", "has_colours"),
    [("text", None, True), ("text", "1", False), ("json", None, False), ("markdown", None, False)],
)
def test_colours(
    monkeypatch: pytest.MonkeyPatch,
    client: Client,
    format: str,
    no_colour: str | None,
    has_colours: bool,
) -> None:
    """On a terminal, of text, unless NO_COLOR is set."""
    from emulator.cli.main import main

    client.fail()
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_colour is not None:
        monkeypatch.setenv("NO_COLOR", no_colour)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["report", *client.flags, "--format", format]) == 1
    assert ("\x1b[31m" in terminal.getvalue()) == has_colours


# files


def test_files(capsys: Capsys, client: Client, tmp_path: Path) -> None:
    """As many as are named, each in its format; the terminal is told in short."""
    client.warn()
    client.fail()
    names = ["a.html", "b.md", "c.xml", "d.json", "new/e.txt"]
    flags = [part for name in names for part in ("--output", str(tmp_path / name))]
    code, output, errors = run(capsys, "report", *client.flags, *flags)
    assert (code, output) == (1, "")
    assert re.fullmatch(
        r"contract: error   request_invalid  list-configs  /query/page_size\n"
        r"(contract:         .+\n){2}"
        r"contract: 1 error, 1 warning; coverage [\d.]+ %\n"
        r"contract: failed: 1 finding at level error or above\n"
        r"(contract: written: .+\n){5}",
        errors,
    )
    _, text, _ = run(capsys, "report", *client.flags)
    assert (tmp_path / "new" / "e.txt").read_text() == text
    assert json.loads((tmp_path / "d.json").read_text())["findings"]
    assert ElementTree.fromstring((tmp_path / "c.xml").read_text()).tag == "testsuites"
    for name in ("a.html", "b.md"):
        assert "EVI contract report" in (tmp_path / name).read_text()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("report", "does not tell a format; its name may end in .txt, .json, .xml, .html, "),
        ("report.pdf", "does not tell a format"),
        ("folder.html", "is a folder; name a file for the report"),
    ],
)
def test_names_that_are_no_files(
    capsys: Capsys, client: Client, tmp_path: Path, name: str, message: str
) -> None:
    """Wrong usage, before anything is done."""
    (tmp_path / "folder.html").mkdir()
    client.warn()
    flags = ["--output", str(tmp_path / "good.txt"), "--output", str(tmp_path / name), "--clear"]
    code, output, errors = run(capsys, "report", *client.flags, *flags)
    assert (code, output) == (2, "")
    assert errors.startswith(f"evi-emulator: {str(tmp_path / name)!r} {message}")
    assert not (tmp_path / "good.txt").exists()
    assert client.contract["findings"]


def test_a_file_that_cannot_be_written(capsys: Capsys, client: Client, tmp_path: Path) -> None:
    """One line; what was found is not cleared, since nobody has it yet."""
    client.warn()
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "a.html"
    code, output, errors = run(capsys, "report", *client.flags, "--clear", "--output", str(path))
    assert (code, output) == (1, "")
    assert errors.startswith(f"evi-emulator: cannot write {path}: ")
    assert len(errors.splitlines()) == 1
    assert client.contract["findings"]


# the exit code


@pytest.mark.parametrize(
    ("flags", "warned", "failed"),
    [
        ([], 0, 1),
        (["--fail-on", "error"], 0, 1),
        (["--fail-on", "warning"], 1, 1),
        (["--fail-on", "never"], 0, 0),
        (["--allow", "request_invalid"], 0, 0),
        (["--fail-on", "warning", "--allow", "request_invalid"], 1, 0),
        (["--fail-on", "warning", "--allow", "request_invalid", "--allow", "field_unknown"], 0, 0),
        (["--fail-on", "never", "--min-coverage", "operations=1"], 0, 1),
        (["--fail-on", "never", "--min-coverage", "operations=0"], 0, 0),
        (["--fail-on", "never", "--min-coverage", "90"], 1, 1),
        (["--fail-on", "never", "--min-coverage", "0", "--min-coverage", "webhooks=1"], 1, 1),
    ],
)
def test_what_fails(
    capsys: Capsys, client: Client, api_key: str, flags: list[str], warned: int, failed: int
) -> None:
    """1 for a world with a warning and one operation, and for one with an error and none."""
    client.warn()
    assert run(capsys, "report", *client.flags, *flags)[0] == warned
    client.http.delete(PATH)
    client.fail()
    code, output, _ = run(capsys, "report", *client.flags, *flags)
    assert code == failed
    assert ("\nfailed: " in output) == bool(failed)


def test_a_file_and_a_format(capsys: Capsys, client: Client, tmp_path: Path) -> None:
    """One is written, the other printed."""
    file = tmp_path / "report.json"
    flags = ["--output", str(file), "--format", "markdown", "--fail-on", "never"]
    code, output, errors = run(capsys, "report", *client.flags, *flags)
    assert (code, errors) == (0, "")
    assert output.startswith("# EVI contract report\n")
    assert json.loads(file.read_text())["findings"] == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--format", "pdf"], "no report format 'pdf'; known: text, "),
        (
            ["--fail-on", "warnings"],
            "fail_on must be one of error, warning, never; got 'warnings' (did you mean ",
        ),
        (["--allow", "field-unknown"], "no finding has the code 'field-unknown' (did you mean 'fi"),
        (["--min-coverage", "lots"], "a least coverage is a number from 0 to 100, got 'lots'"),
        (["--min-coverage", "operation=3"], "no coverage part 'operation' (did you mean"),
        (["--output", "x"], "'x' does not tell a format"),
        (["--url", "localhost:1"], "--url must start with http:// or https://"),
    ],
)
def test_wrong_usage(capsys: Capsys, flags: list[str], message: str) -> None:
    """2, and it is told before the emulator is asked: there is none."""
    code, output, errors = run(capsys, "report", "--url", unused_url(), *flags)
    assert (code, output) == (2, "")
    assert errors.startswith(f"evi-emulator: {message}")


def test_no_emulator(capsys: Capsys, tmp_path: Path) -> None:
    """It says so, and leaves what is there."""
    path = tmp_path / "a.txt"
    path.write_text("mine")
    url = unused_url()
    code, output, errors = run(capsys, "report", "--url", url, "--output", str(path))
    assert (code, output) == (1, "")
    assert errors.startswith(f"evi-emulator: no emulator answers at {url}: ")
    assert path.read_text() == "mine"


# whose clients, and until when


def test_clear(capsys: Capsys, client: Client) -> None:
    """The report is still told, and then it begins anew."""
    client.fail()
    code, output, _ = run(capsys, "report", *client.flags, "--clear")
    assert (code, "request_invalid" in output) == (1, True)
    code, output, errors = run(capsys, "report", *client.flags)
    assert (code, output.splitlines()[0]) == (
        1,
        "EVI contract report: 0 errors, 0 warnings; coverage 0 %",
    )
    assert "failed: no client has asked for anything with the key" in errors
    assert run(capsys, "report", *client.flags, "--fail-on", "never")[0] == 0


def test_all(capsys: Capsys, own_server: Server) -> None:
    """Every world, those that are forgotten, and callers without a key; --clear clears them all."""
    one, two = Client(own_server, "one"), Client(own_server, "two")
    with one.http, two.http:
        one.warn()
        two.fail()
        two.http.delete("/_emulator/world")
    httpx.get(own_server.url + CONFIGS, trust_env=False)

    def found(*flags: str) -> set[str]:
        _, output, _ = run(capsys, "report", *one.flags, "--format", "json", *flags)
        return {each["code"] for each in json.loads(output)["findings"]}

    assert found() == {"field_unknown"}
    everything = {"field_unknown", "request_invalid", "credentials_refused"}
    assert found("--all", "--clear") == everything
    assert found("--all") == found() == set()


# exec


GOOD = 'ask("/v0/evi/configs")'
WARNS = 'ask("/v0/evi/prompts", name="A", text="B", txet="C")'
FAILS = 'ask("/v0/evi/configs?page_size=0")'


@pytest.mark.process
def test_exec_writes_the_report(tmp_path: Path) -> None:
    """Of all worlds, whatever keys the command used; the summary is on standard error."""
    path, other = tmp_path / "r.json", tmp_path / "r.html"
    code = f'{WARNS}; ask("/v0/evi/configs?page_size=0", key="other"); print("out")'
    done = execute("--report", str(path), "--report", str(other), *python(code))
    assert (done.returncode, done.stdout) == (0, "out\n")
    assert re.fullmatch(
        r"contract: 1 error, 1 warning; coverage [\d.]+ %\n(contract: written: .+\n){2}",
        done.stderr,
    )
    found = {each["code"] for each in json.loads(path.read_text())["findings"]}
    assert found == {"field_unknown", "request_invalid"}
    assert other.read_text().startswith("<!DOCTYPE html>")


@pytest.mark.process
@pytest.mark.parametrize(
    ("flags", "act", "code", "told"),
    [
        (["--fail-on", "error"], WARNS, 0, ""),
        (["--fail-on", "warning"], WARNS, 1, "1 finding at level warning or above"),
        (["--fail-on", "warning", "--allow", "field_unknown"], WARNS, 0, ""),
        (["--fail-on", "error"], FAILS, 1, "1 finding at level error or above"),
        (["--min-coverage", "operations=50"], GOOD, 1, "operations: 2.8 % of 50 % wanted"),
        (["--min-coverage", "operations=2"], FAILS + ";" + GOOD, 0, ""),
    ],
)
def test_exec_fails_by_its_client(flags: list[str], act: str, code: int, told: str) -> None:
    """1 if the command itself was fine, and why."""
    done = execute(*flags, *python(act))
    assert done.returncode == code, done.stderr
    assert ("contract: failed: " in done.stderr) == bool(code)
    assert told in done.stderr


@pytest.mark.process
@pytest.mark.parametrize("act", [GOOD, FAILS])
def test_the_commands_own_failure_wins(tmp_path: Path, act: str) -> None:
    """Its code stays, and the report is written all the same: now it is needed most."""
    path = tmp_path / "r.txt"
    flags = ["--report", str(path), "--fail-on", "error"]
    done = execute(*flags, *python(f"{act}; sys.exit(77)"))
    assert done.returncode == 77
    assert "contract: " in done.stderr
    assert path.read_text().startswith("EVI contract report: ")
    assert ("failed: " in path.read_text()) == (act is FAILS)


@pytest.mark.process
@pytest.mark.parametrize("own", [0, 77])
def test_exec_with_a_report_that_cannot_be_written(tmp_path: Path, own: int) -> None:
    """The run fails, without a traceback."""
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "r.html"
    done = execute("--report", str(path), *python(f"sys.exit({own})"))
    assert done.returncode == (own or 1)
    assert f"evi-emulator: cannot write {path}: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "flags",
    [
        ["--report", "r.pdf"],
        ["--fail-on", "always"],
        ["--allow", "nothing_such"],
        ["--min-coverage", "operations=200"],
    ],
)
def test_exec_refuses_wrong_flags_first(tmp_path: Path, flags: list[str]) -> None:
    """The command is not run for nothing."""
    path = tmp_path / "ran"
    done = execute(*flags, *python(f"open({str(path)!r}, 'w')"))
    assert done.returncode == 2
    assert done.stderr.startswith("evi-emulator: ")
    assert not path.exists()


@pytest.mark.process
def test_exec_without_a_report_says_nothing_of_it() -> None:
    """As before."""
    done = execute(*python(FAILS))
    assert (done.returncode, done.stderr) == (0, "")
