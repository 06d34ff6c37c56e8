"""The contract report: findings and coverage, and whether they meet the demands."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from emulator.contract.coverage import (
    Coverage,
    Item,
    Part,
    cover,
    read_minimum,
    too_little,
)
from emulator.contract.findings import ERROR, FINDINGS, LEVELS, WARNING
from emulator.contract.ledger import ClientLedger
from emulator.contract.surface import ApiSurface
from emulator.errors import EmulatorError, UsageError, closest
from emulator.jsontext import JsonObject
from emulator.redaction.command import hide_in_command
from emulator.settings import Settings
from emulator.version import __version__

NEVER = "never"
FAIL_ON = (*LEVELS, NEVER)


@dataclass(frozen=True, slots=True)
class Demands:
    """The demands that a client must meet.

    `fail_on` is the least level of a finding that fails it, or NEVER; findings with a code in
    `allow` don't. `least` has minimum coverages in percent, by part; None stands for all parts.
    """

    fail_on: str = ERROR
    allow: Collection[str] = ()
    least: Mapping[str | None, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.fail_on not in FAIL_ON:
            hint, known = closest(self.fail_on, FAIL_ON), ", ".join(FAIL_ON)
            raise UsageError(f"fail_on must be one of {known}; got {self.fail_on!r}{hint}")
        for code in self.allow:
            check_code(code)

    def forbid(self, found: JsonObject) -> bool:
        """True if a finding, as JSON, fails the client."""
        if self.fail_on == NEVER or found["code"] in self.allow:
            return False
        return self.fail_on == WARNING or found["level"] == ERROR


def read_demands(fail_on: str, allow: Iterable[str], least: Iterable[str]) -> Demands:
    """Read what options demand, as texts (see `read_minimum`). Raises UsageError."""
    return Demands(fail_on, tuple(allow), dict(map(read_minimum, least)))


def check_code(code: str) -> None:
    """Raise UsageError for a code that no finding has."""
    if code not in FINDINGS:
        hint, known = closest(code, list(FINDINGS)), ", ".join(FINDINGS)
        raise UsageError(f"no finding has the code {code!r}{hint}; known: {known}")


@dataclass(frozen=True, slots=True)
class Report:
    """Findings as JSON, how many more there were by code, the coverage, and what was run.

    The findings are in order of their subjects, such as operations: those with errors first.
    """

    findings: Sequence[JsonObject]
    dropped_codes: Mapping[str, int]
    coverage: Coverage
    run: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def dropped(self) -> int:
        """Return how many findings were not kept, being too many."""
        return sum(self.dropped_codes.values())

    def to_json(self) -> JsonObject:
        return {
            "findings": list(self.findings),
            "dropped": self.dropped,
            "dropped_codes": dict(self.dropped_codes),
            "coverage": self.coverage.to_json(),
            "run": dict(self.run),
        }

    @property
    def is_empty(self) -> bool:
        """True if no client has asked for anything."""
        seen = (item.count or item.detail for part in self.coverage.parts for item in part.items)
        return not self.findings and not any(seen)

    def forbidden(self, demands: Demands) -> list[JsonObject]:
        """Return the findings that fail the client."""
        return [found for found in self.findings if demands.forbid(found)]

    def failures(self, demands: Demands) -> list[str]:
        """Return a sentence for each demand that is not met."""
        forbidden = len(self.forbidden(demands))
        several = "1 finding" if forbidden == 1 else f"{forbidden} findings"
        unmet = [f"{several} at level {demands.fail_on} or above"] if forbidden else []
        return [*unmet, *self.shortcomings(demands)]

    def shortcomings(self, demands: Demands) -> list[str]:
        """Return a sentence for each unmet demand, except demands that kept findings fail."""
        forbidden = sum(
            count
            for code, count in self.dropped_codes.items()
            if demands.forbid({"code": code, "level": FINDINGS[code].level})
        )
        unmet = [f"{forbidden} more at level {demands.fail_on} or above that were not kept"]
        return [*(unmet if forbidden else ()), *too_little(self.coverage, demands.least)]


def new_report(
    ledger: ClientLedger,
    surfaces: Sequence[ApiSurface],
    settings: Settings | None = None,
    command: str = "",
) -> Report:
    """Make the report of a ledger, against everything that clients can exercise.

    The settings and the command say what was run.
    """
    findings = [found.to_json() for found in ledger.found]
    run = {} if settings is None else run_facts(settings, command)
    return Report(_by_subject(findings), ledger.dropped, cover(ledger, surfaces), run)


def run_facts(settings: Settings, command: str = "") -> dict[str, str | int]:
    """Return what one needs to run it again: version, seed, random seed, command."""
    facts: dict[str, str | int] = {"version": __version__, "seed": settings.seed}
    if settings.random_seed is not None:
        facts["random_seed"] = settings.random_seed
    return facts | ({"command": hide_in_command(command)} if command else {})


def _by_subject(findings: Sequence[JsonObject]) -> list[JsonObject]:
    """Return findings by subject, those with errors first, and of each the errors first."""
    level = {id(found): LEVELS.index(found["level"]) for found in findings}
    worst, place = dict[str, int](), dict[str, int]()
    for number, found in enumerate(findings):
        subject = found["subject"]
        place.setdefault(subject, number)
        worst[subject] = min(worst.get(subject, len(LEVELS)), level[id(found)])

    def key(found: JsonObject) -> tuple[int, int, int]:
        subject = found["subject"]
        return worst[subject], place[subject], level[id(found)]

    return sorted(findings, key=key)


def read_report(content: JsonObject) -> Report:
    """Read a report from JSON. Raises EmulatorError for one of another version."""
    try:
        parts = [
            Part(part["name"], [Item(**item) for item in part["items"]])
            for part in content["coverage"]["parts"]
        ]
        return Report(
            content["findings"], content["dropped_codes"], Coverage(parts), content["run"]
        )
    except (LookupError, TypeError) as error:
        raise EmulatorError(
            f"the answer is no contract report of this version ({error!r}); "
            "is it an emulator, and of the same version?"
        ) from None
