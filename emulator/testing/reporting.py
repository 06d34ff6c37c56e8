"""The contract report of a pytest run: of all its worlds, and of all its processes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

import emulator.apis.apis  # noqa: F401 - registers what the options may name
from emulator.contract.ledger import ClientLedger
from emulator.contract.renderings import check_files, write_reports
from emulator.contract.renderings.words import summary
from emulator.contract.report import Demands, Report, new_report, read_demands
from emulator.contract.surface import ApiSurface
from emulator.errors import EmulatorError, UsageError


@dataclass(slots=True)
class RunContract:
    """Gathers what the clients of a run show, and writes the report when the run is over.

    `failures` then says why it fails the run, and `written` has the files that could be written.
    """

    demands: Demands
    files: Sequence[str]
    ledger: ClientLedger = field(default_factory=ClientLedger)
    surfaces: Sequence[ApiSurface] = ()  # none: no emulator has run
    run: dict[str, str | int] = field(default_factory=dict)  # what it was, for the report
    failures: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    is_finished: bool = False

    def add(
        self,
        ledger: ClientLedger,
        surfaces: Sequence[ApiSurface],
        run: dict[str, str | int] | None = None,
    ) -> None:
        self.ledger.merge(ledger)
        self.surfaces = surfaces
        self.run |= run or {}

    def to_text(self) -> str:
        """Return JSON for the process that gathers all: execnet can't send every integer."""
        content = {"contract": self.ledger.to_json(), "surfaces": self.surfaces, "run": self.run}
        return json.dumps(content)

    def add_text(self, text: str) -> None:
        content = json.loads(text)
        if content["surfaces"]:
            ledger = ClientLedger.from_json(content["contract"])
            self.add(ledger, content["surfaces"], content["run"])

    def report(self) -> Report | None:
        if not self.surfaces:
            return None
        return replace(new_report(self.ledger, self.surfaces), run=self.run)

    def finish(self) -> None:
        """Write the report and judge the run. Without an emulator nothing is covered."""
        self.is_finished = True
        report = self.report()
        if report is None:
            self.failures += ["nothing is covered"] if any(self.demands.least.values()) else []
            return
        self.failures += report.failures(self.demands)
        for name in self.files:
            try:
                write_reports(report, self.demands, [name])
            except EmulatorError as error:
                self.failures.append(str(error))
            else:
                self.written.append(name)

    def summary(self) -> str:
        """Return the report in one line."""
        report = self.report()
        return "no test used evi_server: no report" if report is None else summary(report)


def new_run_contract(
    files: Sequence[str], fail_on: str, allow: Sequence[str], least: Sequence[str]
) -> RunContract:
    """Return the contract of a run with these options. Raises pytest.UsageError."""
    try:
        demands = read_demands(fail_on, allow, least)
        check_files(files)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    return RunContract(demands, files)
