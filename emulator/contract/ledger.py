"""The record of a world's clients: findings about them, and counts of what they used."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from emulator.contract.findings import Finding, beginning
from emulator.errors import steps
from emulator.jsontext import JsonObject
from emulator.redaction.values import hide_in_string

MOST_FINDINGS = 1_000  # of different ones
# Names that are used together are counted together; beyond these bounds one by one.
_MOST_COMBINATIONS = 1_000
_MOST_TOGETHER = 200  # names: a body may have a list of any length


@dataclass(slots=True)
class Found:
    """One finding, how often it came, and where in the journal it came first and last.

    `first_at_ms` is the world's time of the first, and `first_line` the request, the frame or the
    webhook in short, such as "POST /v0/evi/configs -> 422" or "client -> user_input".
    """

    subject: str
    finding: Finding
    count: int
    first_seq: int
    last_seq: int
    first_at_ms: int | None = None
    first_line: str | None = None

    def to_json(self) -> JsonObject:
        return {
            "subject": self.subject,
            **self.finding.to_json(),
            "count": self.count,
            "first_seq": self.first_seq,
            "last_seq": self.last_seq,
            "first_at_ms": self.first_at_ms,
            "first_line": self.first_line,
        }


class ClientLedger:
    """Findings about the clients of a world, and counts of what they used.

    It outlives resets, since test suites reset between tests. `answers` counts by operation and
    status, `used` by part of the coverage and name there. `watchers` are called with the subject of
    each finding, and the finding.
    """

    watchers: Sequence[Callable[[str, Finding], object]] = ()

    def __init__(self) -> None:
        # Operations whose page 0 was asked for. That is not a finding, so it outlives `clear`.
        self.lists_begun: set[str] = set()
        self.clear()

    def clear(self) -> None:
        """Forget what was found and used."""
        self._found: dict[tuple[object, ...], Found] = {}
        self.dropped: Counter[str] = Counter()  # findings that were too many, by code
        self.answers: Counter[tuple[str, int]] = Counter()
        # By part, how often names were used together: clients repeat themselves.
        self._used: dict[str, Counter[tuple[str, ...]]] = {}

    @property
    def found(self) -> list[Found]:
        """Return every finding, in the order in which they first came."""
        return list(self._found.values())

    @property
    def used(self) -> dict[str, Counter[str]]:
        """Return how often each name was used, by part of the coverage."""
        return {part: _by_name(counts) for part, counts in self._used.items()}

    def use(self, part: str, names: Iterable[str]) -> None:
        """Count names of a part of the coverage once more."""
        self._count(part, tuple(names), 1)

    def _count(self, part: str, names: tuple[str, ...], times: int) -> None:
        counts = self._used.get(part)
        if counts is None:
            counts = self._used[part] = Counter()
        before = counts.get(names)
        if before is not None:
            counts[names] = before + times
        elif len(names) <= _MOST_TOGETHER and len(counts) < _MOST_COMBINATIONS:
            counts[names] = times
        else:
            for name in names:
                counts[name,] += times

    def add(
        self,
        subject: str,
        findings: Iterable[Finding],
        seq: int,
        at_ms: int | None = None,
        line: str | None = None,
    ) -> None:
        """Add findings about an operation, a socket, ...; `seq` is their journal entry's number.

        `at_ms` is the world's time, and `line` the request, frame or webhook in short.
        """
        subject = beginning(hide_in_string(subject))
        for finding in findings:
            found = self._found.get(_key(subject, finding))
            if found is None:
                shown = None if line is None else beginning(hide_in_string(line))
                self._put(Found(subject, finding, 1, seq, seq, at_ms, shown))
            else:
                found.count += 1
                found.last_seq = seq
            for watcher in self.watchers:
                watcher(subject, finding)

    def _put(self, new: Found) -> None:
        finding = new.finding
        key = _key(new.subject, finding)
        found = self._found.get(key)
        if found is not None:
            found.count += new.count
            found.first_seq = found.first_seq and min(found.first_seq, new.first_seq)
            found.last_seq = new.last_seq
            if found.first_at_ms is None:
                found.first_at_ms, found.first_line = new.first_at_ms, new.first_line
        elif len(self._found) < MOST_FINDINGS:
            self._found[key] = new
        else:
            self.dropped[finding.code] += new.count

    def merge(self, other: "ClientLedger") -> None:
        """Add what another ledger has, without its numbers of entries in another journal."""
        for found in other.found:
            first = (found.first_at_ms, found.first_line)
            self._put(Found(found.subject, found.finding, found.count, 0, 0, *first))
        self.dropped.update(other.dropped)
        self.answers.update(other.answers)
        for part, counts in other._used.items():
            for names, count in counts.items():
                self._count(part, names, count)

    # as plain data, for another process

    def to_json(self) -> JsonObject:
        return {
            "findings": [found.to_json() for found in self.found],
            "dropped": dict(self.dropped),
            "answers": [[*key, count] for key, count in self.answers.items()],
            "used": {part: dict(counts) for part, counts in self.used.items()},
        }

    @classmethod
    def from_json(cls, content: JsonObject) -> "ClientLedger":
        ledger = cls()
        for each in content["findings"]:
            loc = steps(each["place"])
            finding = Finding(each["code"], loc, each["expected"], each["got"], each["hint"])
            numbers = (each["count"], each["first_seq"], each["last_seq"])
            first = (each["first_at_ms"], each["first_line"])
            ledger._put(Found(each["subject"], finding, *numbers, *first))
        ledger.dropped = Counter(content["dropped"])
        ledger.answers = Counter({(op, status): n for op, status, n in content["answers"]})
        ledger._used = {
            part: Counter({(name,): count for name, count in counts.items()})
            for part, counts in content["used"].items()
        }
        return ledger


def _by_name(counts: Counter[tuple[str, ...]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for names, count in counts.items():
        for name in names:
            found[name] += count
    return found


def _key(subject: str, finding: Finding) -> tuple[object, ...]:
    """Return a key that equal findings share; 1, true and "1" are different values."""
    return subject, finding.code, finding.loc, finding.expected, repr(finding.got)
