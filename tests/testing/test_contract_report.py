"""The contract of a world in a test, and the report of a whole pytest run."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from emulator.contract.ledger import ClientLedger
from emulator.contract.renderings import render_report
from emulator.contract.report import Demands
from emulator.errors import UsageError
from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.testing.talking import http
from tests.testing.test_plugin import run

pytestmark = pytest.mark.slow

PROMPTS, CONFIGS = "/v0/evi/prompts", "/v0/evi/configs"
WARNED = {"name": "A", "text": "B", "txet": "C"}


def warn(evi: Evi) -> None:
    with http(evi) as client:
        client.post(PROMPTS, json=WARNED)


def fail(evi: Evi) -> None:
    with http(evi) as client:
        client.get(CONFIGS, params={"page_size": "0"})


# in a test


def test_a_clean_client(evi: Evi) -> None:
    """There is nothing to say, and coverage for what it did."""
    evi.contract.assert_clean()
    with http(evi) as client:
        client.get(CONFIGS)
    evi.contract.assert_clean()
    assert evi.contract.findings == []
    [operations, *_] = evi.contract.coverage.parts
    assert (operations.covered, "list-configs" in operations.missing) == (1, False)


def without_times(told: str) -> str:
    """Return a report without when a finding came first, and in which request."""
    return re.sub(r", first at [^)]*", "", told)


def test_a_client_that_is_not(evi: Evi) -> None:
    """The failure tells each finding as the report does, the worst first."""
    warn(evi)
    with pytest.raises(ExpectationFailed) as failed:
        evi.contract.assert_clean()
    assert without_times(str(failed.value)).startswith(
        "a finding about the client:\n"
        "warning field_unknown  create-prompt  /body/txet\n"
        "        expected one of name, prompt_expansion, text, version_description; "
        'got "txet"\n'
        "        did you mean 'text'? (once, journal 1)"
    )
    fail(evi)
    with pytest.raises(ExpectationFailed) as failed:
        evi.contract.assert_clean()
    lines = str(failed.value).splitlines()
    assert lines[0] == "2 findings about the client:"
    assert lines[1] == "error   request_invalid  list-configs  /query/page_size"


def test_what_was_not_kept(evi: Evi) -> None:
    """It is held against the client, even if all that was kept is allowed."""
    fail(evi)
    ledger = ClientLedger()
    ledger.dropped["field_unknown"] = 2
    evi.world.ledger.merge(ledger)
    evi.contract.assert_clean(allow=["request_invalid", "field_unknown"])
    with pytest.raises(ExpectationFailed, match="2 more at level warning or above"):
        evi.contract.assert_clean(allow=["request_invalid"])


def test_what_may_be_found(evi: Evi) -> None:
    """Levels below, and codes that are allowed; each call says so for itself."""
    warn(evi)
    evi.contract.assert_clean(fail_on="error")
    evi.contract.assert_clean(fail_on="never")
    evi.contract.assert_clean(allow=["field_unknown"])
    fail(evi)
    with pytest.raises(ExpectationFailed, match=r"a finding about the client:\nerror   request"):
        evi.contract.assert_clean(fail_on="error")
    with pytest.raises(ExpectationFailed, match="request_invalid"):
        evi.contract.assert_clean(allow={"field_unknown"})
    evi.contract.assert_clean(allow=("field_unknown", "request_invalid"))
    evi.contract.assert_clean(fail_on="never")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"allow": ["field_unknwn"]}, "no finding has the code 'field_unknwn'"),
        ({"allow": "field_unknown"}, "no finding has the code"),
        (
            {"fail_on": "warnings"},
            "fail_on must be one of error, warning, never; got 'warnings' (did you mean ",
        ),
    ],
)
def test_what_is_no_code_or_level(evi: Evi, options: Any, message: str) -> None:
    """A mistake in the test is no clean client, even if nothing is found."""
    with pytest.raises(UsageError) as caught:
        evi.contract.assert_clean(**options)
    assert message in str(caught.value)


def test_beginning_anew(evi: Evi) -> None:
    """`clear` does it; a reset of the world doesn't."""
    warn(evi)
    evi.reset()
    assert len(evi.contract.findings) == 1
    evi.contract.clear()
    assert evi.contract.report().to_json()["findings"] == []
    assert evi.contract.coverage.percent == 0.0


def test_the_report_of_a_world_and_of_a_server() -> None:
    """A server's has all its worlds, also once it is stopped."""
    with Emulator(seed="empty") as server:
        first, second = server.world(), server.world()
        warn(first)
        fail(second)
        assert [each["code"] for each in first.contract.findings] == ["field_unknown"]
        first.close()
        before = server.contract_report()
    assert [each["code"] for each in before.findings] == ["request_invalid", "field_unknown"]
    assert server.contract_report().to_json() == before.to_json()
    assert "field_unknown" in render_report(before, Demands(), "text")


# of a run

EITHER_WAY = pytest.mark.parametrize(
    "workers",
    [
        pytest.param((), id="one process"),
        pytest.param(("-n", "2"), id="two", marks=pytest.mark.process),
    ],
)
SUITE = """
    import json
    import urllib.error
    import urllib.request as u

    import pytest

    def ask(evi, path, body=None):
        headers = {"X-Hume-Api-Key": evi.api_key, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            u.urlopen(u.Request(evi.url + path, data, headers)).read()
        except urllib.error.HTTPError as error:
            error.close()
"""
LISTS = 'ask(evi, "/v0/evi/{}s")'
WARNS = 'ask(evi, "/v0/evi/prompts", {"name": "A", "text": "B", "txet": "C"})'
FAILS = 'ask(evi, "/v0/evi/configs?page_size=0")'


def write(pytester: pytest.Pytester, *acts: str, more: str = "") -> None:
    """A suite with a test for each act."""
    tests = "".join(
        f"\n    def test_{number}(evi):\n        {act}\n" for number, act in enumerate(acts)
    )
    pytester.makepyfile(SUITE + tests + more)


def content(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def count(report: dict[str, Any], operation: str) -> int:
    items = report["coverage"]["parts"][0]["items"]
    return next(each["count"] for each in items if each["name"] == operation)  # type: ignore[no-any-return]


def section(result: pytest.RunResult) -> list[str]:
    """The lines of the summary about the contract, without those that pytest ends with."""
    lines = result.outlines
    [begin] = [index for index, line in enumerate(lines) if line.strip("=") == " EVI contract "]
    end = next(index for index in range(begin + 1, len(lines)) if lines[index].startswith("="))
    return lines[begin + 1 : end]


@EITHER_WAY
def test_the_report_of_a_run(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """All worlds of all processes together, in every format that is asked for."""
    lists = [LISTS.format(kind) for kind in ("config", "prompt", "tool", "chat", "config")]
    write(pytester, *lists, WARNS, WARNS, FAILS)
    files = ["r.json", "r.html", "new/r.xml"]
    result = run(pytester, *workers, *(f"--evi-report={name}" for name in files))
    result.assert_outcomes(passed=8)
    assert result.ret == 0
    report = content(pytester.path / "r.json")
    assert [(each["code"], each["count"]) for each in report["findings"]] == [
        ("request_invalid", 1),
        ("field_unknown", 2),
    ]
    assert [count(report, f"list-{kind}s") for kind in ("config", "prompt", "tool", "chat")] == [
        2,
        1,
        1,
        1,
    ]
    assert (pytester.path / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert ElementTree.parse(pytester.path / "new" / "r.xml").getroot().tag == "testsuites"
    lines = section(result)
    assert lines[0].startswith("1 error, 1 warning; coverage ")
    assert lines[1:] == [f"written: {pytester.path / name}" for name in files]


@EITHER_WAY
def test_hostile_values_come_through(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """From a worker to the one that reports, whatever a client has sent."""
    body = {"name": "A", "text": "B", "a\n\u202e<b>": 1, "x" * 5000: 2}
    coerced = {"evi_version": "3", "name": [2**63, -(2**63), 1.5, True, None, {"a": "\x1b"}]}
    acts = [
        f"ask(evi, '/v0/evi/prompts', {body!r})",
        f"ask(evi, '/v0/evi/configs', {coerced!r})",
        'ask(evi, "/v0/evi/%ff%00%0a")',
    ]
    write(pytester, *acts)
    run(pytester, *workers, "--evi-report=r.json").assert_outcomes(passed=3)
    found = content(pytester.path / "r.json")["findings"]
    assert {each["code"] for each in found} == {
        "field_unknown",
        "request_invalid",
        "path_unknown",
    }
    [name] = [each for each in found if each["place"] == "/body/name"]
    assert name["got"] == coerced["name"]
    assert "/body/a\n\u202e<b>" in {each["place"] for each in found}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--evi-fail-on=error"], "1 finding at level error or above"),
        (["--evi-fail-on=warning"], "2 findings at level warning or above"),
        (["--evi-fail-on=warning", "--evi-allow=field_unknown", "--evi-allow=request_invalid"], ""),
        (["--evi-fail-on=never", "--evi-report=r.txt"], ""),
        (["--evi-min-coverage=operations=2", "--evi-min-coverage=0.1"], ""),
        (["--evi-min-coverage=operations=50"], "operations: 2.8 % of 50 % wanted; never: "),
    ],
)
def test_a_run_that_fails_by_its_client(
    pytester: pytest.Pytester, options: list[str], told: str
) -> None:
    """Every test is fine, and yet the run is red: its summary says why."""
    write(pytester, WARNS, FAILS)
    result = run(pytester, *options)
    result.assert_outcomes(passed=2)
    assert result.ret == bool(told)
    failures = [line for line in section(result) if line.startswith("failed: ")]
    assert len(failures) == bool(told)
    assert all(line.startswith(f"failed: {told}") for line in failures)


@pytest.mark.process
def test_a_run_in_two_processes_that_fails_by_its_client(pytester: pytest.Pytester) -> None:
    """The verdict is on what all of them found, by level and by coverage."""
    write(pytester, WARNS, FAILS)
    options = ("--evi-fail-on=warning", "--evi-allow=field_unknown", "--evi-min-coverage=50")
    result = run(pytester, "-n", "2", *options)
    result.assert_outcomes(passed=2)
    assert result.ret == 1
    [found, missed] = [line for line in section(result) if line.startswith("failed: ")]
    assert found == "failed: 1 finding at level warning or above"
    assert missed.startswith("failed: coverage: ")


def test_nothing_is_said_unless_it_is_asked_for(pytester: pytest.Pytester) -> None:
    """As for any run."""
    write(pytester, FAILS)
    result = run(pytester)
    assert result.ret == 0
    assert "EVI contract" not in result.stdout.str()


@EITHER_WAY
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--evi-report=r.pdf", "'*r.pdf' does not tell a format; its name may end in .txt, *"),
        ("--evi-report=folder.html", "'*folder.html' is a folder; name a file for the report"),
        (
            "--evi-fail-on=errors",
            "fail_on must be one of error, warning, never; got 'errors' (did you mean 'error'?)*",
        ),
        ("--evi-allow=field", "no finding has the code 'field'*"),
        ("--evi-min-coverage=operation=3", "no coverage part 'operation' (*"),
        ("--evi-min-coverage=a", "a least coverage is a number from 0 to 100, got 'a'"),
    ],
)
def test_wrong_options(
    pytester: pytest.Pytester, workers: tuple[str, ...], option: str, message: str
) -> None:
    """One line, before any test runs."""
    (pytester.path / "folder.html").mkdir()
    pytester.makepyfile("def test(): open('ran', 'w').close()")
    result = run(pytester, *workers, option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message.replace('[', '[[]')}"])
    assert "Traceback" not in result.stderr.str()
    assert not (pytester.path / "ran").exists()


@EITHER_WAY
def test_a_run_without_an_emulator(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """There is no report, and it says so."""
    pytester.makepyfile("def test(): pass")
    result = run(pytester, *workers, "--evi-report=r.html", "--evi-fail-on=warning")
    assert (result.ret, section(result)) == (0, ["no test used evi_server: no report"])
    assert not (pytester.path / "r.html").exists()


def test_coverage_without_an_emulator(pytester: pytest.Pytester) -> None:
    """A least coverage is not reached, unless it is nothing."""
    pytester.makepyfile("def test(): pass")
    result = run(pytester, "--evi-min-coverage=operations=1")
    assert (result.ret, section(result)[1:]) == (1, ["failed: nothing is covered"])
    assert run(pytester, "--evi-min-coverage=0").ret == 0


@pytest.mark.parametrize("option", ["--collect-only", "--fixtures", "-k=nothing"])
def test_a_run_of_no_test(pytester: pytest.Pytester, option: str) -> None:
    """Nobody asked for a verdict; the exit code is pytest's."""
    write(pytester, FAILS)
    options = ("--evi-min-coverage=100", "--evi-report=r.html")
    result = run(pytester, option, *options)
    assert result.ret == run(pytester, option).ret
    assert "failed: nothing is covered" not in result.stdout.str()
    assert not (pytester.path / "r.html").exists()


def test_a_run_that_fails_anyway(pytester: pytest.Pytester) -> None:
    """It has its report, with what was found until it broke off; a stopped server has one, too."""
    write(
        pytester,
        WARNS,
        "assert False",
        more="\n    def test_stop(evi, evi_server):\n        ask(evi, '/v0/evi/tools')"
        "\n        evi_server.stop()\n",
    )
    result = run(pytester, "--evi-report=r.json", "--evi-fail-on=warning")
    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == 1
    assert count(content(pytester.path / "r.json"), "list-tools") == 1
    assert "failed: 1 finding at level warning or above" in section(result)

    (pytester.path / "r.json").unlink()
    run(pytester, "-x", "--evi-report=r.json").assert_outcomes(passed=1, failed=1)
    report = content(pytester.path / "r.json")
    assert [each["code"] for each in report["findings"]] == ["field_unknown"]


def test_a_report_that_cannot_be_written(pytester: pytest.Pytester) -> None:
    """The run is red and says why; the other files are written."""
    (pytester.path / "file").touch()
    write(pytester, WARNS)
    result = run(pytester, "--evi-report=file/r.html", "--evi-report=r.txt")
    assert result.ret == 1
    lines = section(result)
    assert lines[1].startswith(f"failed: cannot write {pytester.path / 'file' / 'r.html'}: ")
    assert lines[2:] == [f"written: {pytester.path / 'r.txt'}"]
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_tests_that_go_elsewhere(pytester: pytest.Pytester) -> None:
    """The report goes where the run was started."""
    (pytester.path / "other").mkdir()
    write(pytester, "import os; os.chdir('other')")
    run(pytester, "--evi-report=r.txt").assert_outcomes(passed=1)
    assert (pytester.path / "r.txt").exists()
