"""Results of a check of a custom language model, case by case."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.jsontext import JsonObject

LEVELS = PASS, SKIPPED, WARN, FAIL = "pass", "skipped", "warn", "fail"  # the worst comes last


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `code` is that of a finding of the contract report, or None."""

    level: str
    expected: str
    got: str
    hint: str
    code: str | None = None

    def to_json(self) -> JsonObject:
        return {
            "level": self.level,
            "code": self.code,
            "expected": self.expected,
            "got": self.got,
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went. Times are in ms; `first_token_ms` is that of its first answer.

    `skipped` says why the case could not be tried, and `note` what else is worth to know.
    """

    name: str
    sends: str
    expects: str
    problems: tuple[Problem, ...] = ()
    first_token_ms: int | None = None
    duration_ms: int = 0
    skipped: str | None = None
    note: str | None = None

    @property
    def level(self) -> str:
        """Return the level of its worst problem, or that it passed or was skipped."""
        own = PASS if self.skipped is None else SKIPPED
        return max((own, *(each.level for each in self.problems)), key=LEVELS.index)

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "level": self.level,
            "sends": self.sends,
            "expects": self.expects,
            "first_token_ms": self.first_token_ms,
            "duration_ms": self.duration_ms,
            "skipped": self.skipped,
            "note": self.note,
            "problems": [each.to_json() for each in self.problems],
        }


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The results of all cases; `url` has no credentials."""

    url: str
    form: str
    results: Sequence[CaseResult]

    @property
    def failed(self) -> list[CaseResult]:
        """Return the cases that failed."""
        return [each for each in self.results if each.level == FAIL]

    def count(self, level: str) -> int:
        """Return how many cases have this level."""
        return sum(each.level == level for each in self.results)

    def to_json(self) -> JsonObject:
        return {
            "url": self.url,
            "form": self.form,
            **{level: self.count(level) for level in LEVELS},
            "cases": [each.to_json() for each in self.results],
        }
