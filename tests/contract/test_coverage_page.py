"""docs/coverage.md tells what a run came to, and a run tells whether the page is right."""

from pathlib import Path

import pytest

from conformance import plugin
from conformance.coverage import Results, page
from conformance.plugin import PROPERTY, Run, ran
from conformance.table import CLIENTS, load_tables

pytestmark = pytest.mark.slow

TABLES = load_tables()
ALL_WELL = {
    (client, id): True for table in TABLES for client in CLIENTS for id in table.ids(client)
}
ONE = "create-tool: parameters that are no JSON"


def row_of(text: str, start: str) -> str:
    [row] = [line for line in text.splitlines() if line.startswith(f"| {start} ")]
    return row


def test_a_case_that_fails_shows() -> None:
    """In the cell of its operation and status, for its client alone, and in the sum."""
    good, bad = page(TABLES, ALL_WELL), page(TABLES, {**ALL_WELL, ("TypeScript", ONE): False})
    assert "✓✓✗" not in row_of(good, "`create-tool`")
    assert "✓✓✗ 2" in row_of(bad, "`create-tool`")
    assert "| 0 |" in row_of(good, "TypeScript")
    assert "| 1 |" in row_of(bad, "TypeScript")
    assert good.count("✗") == bad.count("✗") - 1 == 2  # the legend, and the head of a column


def test_what_a_client_cannot_do_shows_with_its_reason() -> None:
    """A dash where it has nothing to try, and a line below."""
    text = page(TABLES, ALL_WELL)
    assert "––✓" in row_of(text, "a second client joins")
    assert "- Python, conversation: a second client joins: " in text


# The plugin, with reports as pytest makes them.


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of its own, which all cases pass."""
    path = tmp_path / "coverage.md"
    path.write_text(page(TABLES, ALL_WELL))
    monkeypatch.setattr(plugin, "PAGE", path)
    return path


def finish(results: Results, write: bool = False) -> tuple[str, int]:
    """What a run with these results says, and its exit status."""
    run, session = Run(write), Session()
    for (client, id), passed in results.items():
        run.pytest_runtest_logreport(report(client, id, "passed"))
        run.pytest_runtest_logreport(report(client, id, "passed" if passed else "failed"))
    run.pytest_sessionfinish(session)  # type: ignore[arg-type]
    return run.verdict, session.exitstatus


class Session:
    """As much of a session as the plugin knows."""

    exitstatus = 0


def report(client: str, id: str, outcome: str) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid=id,
        location=("", None, ""),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type]
        longrepr=None,
        when="call",
        user_properties=[(PROPERTY, [client, id])],
    )


def test_a_run_that_agrees_says_nothing(there: Path) -> None:
    """So does one that ran no case at all."""
    assert finish(ALL_WELL) == finish({}) == ("", 0)


def test_a_run_that_differs_fails(there: Path) -> None:
    """Be it that a case fails, or that the page is old."""
    verdict, status = finish({**ALL_WELL, ("HumeClient", ONE): False})
    assert ("make coverage" in verdict, status) == (True, 1)
    there.write_text("old")
    assert finish(ALL_WELL)[1] == 1
    there.unlink()
    assert finish(ALL_WELL)[1] == 1


def test_a_run_of_a_part_judges_nothing(there: Path) -> None:
    """It says what is missing; the page stays, even if it was to be written."""
    there.write_text("old")
    part = {key: True for key in ALL_WELL if key != ("TypeScript", ONE)}
    verdict, status = finish(part)
    assert status == 0
    assert "is not judged: 1 cases have not run" in verdict
    assert ONE in verdict
    verdict, status = finish(part, write=True)
    assert status != 0
    assert "is not written" in verdict
    assert there.read_text() == "old"


def test_a_page_is_written_as_it_is_found(there: Path) -> None:
    """With its failures; the next run agrees with it."""
    results = {**ALL_WELL, ("HumeClient", ONE): False}
    finish(results, write=True)
    assert "✗✓✓ 2" in there.read_text()
    assert finish(results) == ("", 0)


def test_a_test_tells_what_it_ran() -> None:
    """The property names the client and the case."""
    [case] = [each for each in TABLES[0].cases if each.id == ONE]
    assert ran("TypeScript", case) == (PROPERTY, ["TypeScript", ONE])
