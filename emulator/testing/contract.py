"""The handle of a world's contract: what its clients do right, do wrong, and never do."""

from collections.abc import Collection

from emulator.contract.coverage import Coverage
from emulator.contract.findings import WARNING
from emulator.contract.renderings.text import finding_lines
from emulator.contract.report import Demands, Report, new_report
from emulator.handles.bridge import Bridge
from emulator.handles.diagnosis import ExpectationFailed
from emulator.handles.tracebacks import is_on_purpose
from emulator.jsontext import JsonObject
from emulator.web.app import App
from emulator.world.world import World

__tracebackhide__ = is_on_purpose


class ContractHandle:
    """Findings about the clients of a world, and how much of the API they have exercised."""

    def __init__(self, world: World, app: App, bridge: Bridge) -> None:
        self._world = world
        self._app = app
        self._bridge = bridge

    def __repr__(self) -> str:
        return self._bridge.glance(
            lambda: f"<contract: {len(self._report().findings)} findings about the client>"
        )

    @property
    def findings(self) -> list[JsonObject]:
        """Return findings with code, level, subject, place, expected, got, hint, count.

        See docs/contract.md.
        """
        return list(self.report().findings)

    @property
    def coverage(self) -> Coverage:
        """Return what was exercised, and what never, part by part."""
        return self.report().coverage

    def report(self) -> Report:
        """Return both, for `emulator.contract.renderings.render_report`."""
        return self._bridge.call(self._report)

    def _report(self) -> Report:
        return new_report(self._world.ledger, self._app.surfaces, self._world.settings)

    def assert_clean(self, allow: Collection[str] = (), fail_on: str = WARNING) -> None:
        """Raise ExpectationFailed, with each finding, unless all have one of these codes.

        `fail_on` is 'warning' for all of them, or 'error'. Raises UsageError for an unknown code.
        """
        demands, report = Demands(fail_on, allow), self.report()
        forbidden = [found for found in report.findings if demands.forbid(found)]
        lines = [line for found in forbidden for line in finding_lines(found)]
        lines += report.shortcomings(demands)
        if lines:
            what = "a finding" if len(forbidden) == 1 else f"{len(forbidden)} findings"
            told = "\n".join(lines)
            raise ExpectationFailed(f"{what} about the client:\n{told}")

    def clear(self) -> None:
        """Forget findings and coverage."""
        self._bridge.call(self._world.ledger.clear)
