"""For pytest: what the run says of the table, and whether docs/coverage.md says the same.

Tests of cases tell who did what by `record_property(*ran(client, row))`. Only a run of every case
by every client is a judgement; with pytest-xdist, all that its workers ran is one run.
"""

from typing import Any

import pytest

from conformance.coverage import PAGE, page
from conformance.table import CLIENTS, AnyRow, load_tables

PROPERTY = "conformance"
WRITE = "--write-coverage"


def ran(client: str, row: AnyRow) -> tuple[str, list[str]]:
    """The property of a test that runs a case."""
    return PROPERTY, [client, row.id]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(WRITE, action="store_true", help="write docs/coverage.md from this run")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a worker of pytest-xdist sees but a part
        config.pluginmanager.register(Run(write=config.getoption(WRITE)))


class Run:
    """One run of the tests."""

    def __init__(self, write: bool) -> None:
        self.results: dict[tuple[str, str], bool] = {}
        self.verdict = ""
        self._write = write

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A case has passed if all its tests have, to the end of their teardown."""
        for name, value in report.user_properties:
            if name == PROPERTY:
                client, id = _pair(value)
                self.results[client, id] = self.results.get((client, id), True) and report.passed

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.results and not self._write:
            return
        tables = load_tables()
        wanted = [(client, id) for t in tables for client in CLIENTS for id in t.ids(client)]
        missing = [each for each in wanted if each not in self.results]
        if missing:
            self._finish_early(session, missing)
            return
        found = page(tables, self.results)
        if self._write:
            PAGE.write_text(found)
            self.verdict = f"docs/{PAGE.name} is written"
        elif not PAGE.exists() or PAGE.read_text() != found:
            self.verdict = f"docs/{PAGE.name} is not what this run says; `make coverage` writes it"
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _finish_early(self, session: pytest.Session, missing: list[tuple[str, str]]) -> None:
        """Not all has run, so there is nothing to say of the page."""
        (client, id), done = missing[0], "written" if self._write else "judged"
        self.verdict = (
            f"docs/{PAGE.name} is not {done}: {len(missing)} cases have not run, such as {id!r} "
            f"by {client}"
        )
        if self._write:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.verdict:
            terminalreporter.section("conformance")
            terminalreporter.line(self.verdict)


def _pair(value: Any) -> tuple[str, str]:
    client, id = value
    return str(client), str(id)
