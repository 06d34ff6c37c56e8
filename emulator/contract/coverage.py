"""How much of the APIs clients have exercised."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from emulator.contract.ledger import ClientLedger
from emulator.contract.surface import OPERATIONS, PARTS, ApiSurface, asked_for
from emulator.errors import UsageError, closest
from emulator.jsontext import JsonObject

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Item:
    """One name to exercise, and how often it was; `extra` marks a name that does not count.

    `detail` has the answers of an operation: how often each status came.
    """

    name: str
    count: int
    extra: bool = False
    detail: Mapping[str, int] | None = None

    def to_json(self) -> JsonObject:
        more = {} if self.detail is None else {"detail": dict(self.detail)}
        return {"name": self.name, "count": self.count, "extra": self.extra, **more}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the coverage. `items` has the names that count, then the extra ones."""

    name: str
    items: Sequence[Item]

    @property
    def total(self) -> int:
        return sum(not item.extra for item in self.items)

    @property
    def covered(self) -> int:
        return sum(not item.extra and item.count > 0 for item in self.items)

    @property
    def percent(self) -> float:
        """Return the exercised percentage, rounded down: 100 means every name."""
        return 1000 * self.covered // self.total / 10 if self.total else 100.0

    @property
    def missing(self) -> list[str]:
        return [item.name for item in self.items if not item.extra and item.count == 0]

    @property
    def never(self) -> str:
        """Return the first missing names, and how many more there are."""
        names, more = self.missing[:_MOST_NAMED], len(self.missing) - _MOST_NAMED
        return f"{', '.join(names)}{f' and {more} more' if more > 0 else ''}"

    def to_json(self) -> JsonObject:
        return {
            "name": self.name,
            "covered": self.covered,
            "total": self.total,
            "percent": self.percent,
            "items": [item.to_json() for item in self.items],
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """All parts; `percent` is the mean of theirs, however many names each has."""

    parts: Sequence[Part]

    @property
    def percent(self) -> float:
        tenths = sum(round(10 * part.percent) for part in self.parts)
        return tenths // len(self.parts) / 10

    def to_json(self) -> JsonObject:
        return {"percent": self.percent, "parts": [part.to_json() for part in self.parts]}


def cover(ledger: ClientLedger, surfaces: Sequence[ApiSurface]) -> Coverage:
    """Measure how much of the APIs clients have exercised."""
    answers: dict[str, Counter[str]] = {}
    for (operation, status), count in ledger.answers.items():
        answers.setdefault(operation, Counter())[str(status)] += count
    used = {
        **ledger.used,
        "statuses": {
            f"{operation} {status}": count
            for operation, counts in answers.items()
            for status, count in counts.items()
        },
    }
    surface = asked_for(surfaces, answers)
    return Coverage(
        [
            _operations(names, answers)
            if part == OPERATIONS
            else _part(part, names, used.get(part, {}))
            for part, names in surface.items()
        ]
    )


def _operations(known: Sequence[str], answers: Mapping[str, Mapping[str, int]]) -> Part:
    extra = [name for name in answers if name not in known]
    items = []
    for name in (*known, *extra):
        detail = answers.get(name, {})
        good = sum(count for status, count in detail.items() if status.startswith("2"))
        items.append(Item(name, good, name in extra, detail))
    return Part(OPERATIONS, items)


def _part(name: str, known: Sequence[str], counts: Mapping[str, int]) -> Part:
    items = [Item(each, counts.get(each, 0)) for each in known]
    wanted = frozenset(known)
    extra = [Item(each, counts[each], extra=True) for each in counts if each not in wanted]
    return Part(name, [*items, *extra])


def read_minimum(text: str) -> tuple[str | None, float]:
    """Read a least coverage in percent: of a part, as in operations=100, or overall.

    Raises UsageError.
    """
    part, equals, number = text.rpartition("=")
    if equals and part not in PARTS:
        hint, known = closest(part, list(PARTS)), ", ".join(PARTS)
        raise UsageError(f"no coverage part {part!r}{hint}; known: {known}")
    try:
        percent = float(number)
    except ValueError:
        percent = -1
    if not 0 <= percent <= 100:
        raise UsageError(f"a least coverage is a number from 0 to 100, got {number!r}")
    return part or None, percent


def too_little(coverage: Coverage, least: Mapping[str | None, float]) -> Iterator[str]:
    """Yield a sentence for each minimum that the coverage misses."""
    for part in coverage.parts:
        if part.percent < least.get(part.name, 0):
            yield (
                f"{part.name}: {part.percent:g} % of {least[part.name]:g} % wanted; "
                f"never: {part.never}"
            )
    if coverage.percent < least.get(None, 0):
        yield f"coverage: {coverage.percent:g} % of {least[None]:g} % wanted"
