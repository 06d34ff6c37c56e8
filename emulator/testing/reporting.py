"""The contract report of a pytest run: of all its worlds, and of all its processes."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from emulator.contract.ledger import ClientLedger
from emulator.contract.renderings import write_reports
from emulator.contract.renderings.words import summary
from emulator.contract.report import Demands, Report, new_report
from emulator.contract.surface import ApiSurface
from emulator.errors import EmulatorError


@dataclass(slots=True)
class RunContract:
    """What the clients of a run have shown so far.

    In the end it has why that fails the run, and the files that were written.
    """

    ledger: ClientLedger = field(default_factory=ClientLedger)
    surfaces: Sequence[ApiSurface] = ()  # none: no emulator has run
    failures: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def add(self, ledger: ClientLedger, surfaces: Sequence[ApiSurface]) -> None:
        self.ledger.merge(ledger)
        self.surfaces = surfaces

    def to_text(self) -> str:
        """Return JSON for the process that gathers all, since execnet can't send every integer."""
        return json.dumps({"contract": self.ledger.to_json(), "surfaces": self.surfaces})

    def add_text(self, text: str) -> None:
        content = json.loads(text)
        if content["surfaces"]:
            self.add(ClientLedger.from_json(content["contract"]), content["surfaces"])

    def report(self) -> Report | None:
        return new_report(self.ledger, self.surfaces) if self.surfaces else None

    def finish(self, demands: Demands, files: Iterable[str]) -> None:
        """Write the report, and see whether it will do. Without an emulator nothing is covered."""
        report = self.report()
        if report is None:
            self.failures += ["nothing is covered"] if any(demands.least.values()) else []
            return
        self.failures += report.failures(demands)
        for name in files:
            try:
                write_reports(report, demands, [name])
            except EmulatorError as error:
                self.failures.append(str(error))
            else:
                self.written.append(name)

    def summary(self) -> str:
        """Render the report in one line."""
        report = self.report()
        return "no test used evi_server: no report" if report is None else summary(report)
