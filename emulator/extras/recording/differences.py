"""Differences from a recording: the place, the expected and the received value."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl

from emulator.errors import Loc, pointer
from emulator.extras.recording.format import Body
from emulator.jsontext import Json, JsonObject
from emulator.redaction.names import is_secret_name
from emulator.source_files import short


class _Absent:
    """The type of ABSENT, which stands for a missing value; null is a value."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference at `place` of the exchange or socket that `subject` names.

    `line` is the line of the recording, or 0 for what was not recorded.
    """

    line: int
    subject: str
    place: str
    expected: Json
    got: Json

    def __str__(self) -> str:
        where = f"{self.subject} {self.place}" if self.place else self.subject
        return f"{where}: expected {short(self.expected)}, got {short(self.got)}"

    def to_json(self) -> JsonObject:
        """Return the difference as an object, without sides that are absent."""
        content = {"line": self.line, "subject": self.subject, "place": self.place}
        sides = {"expected": self.expected, "got": self.got}
        return content | {name: side for name, side in sides.items() if side is not ABSENT}

    def is_ignored(self, globs: Iterable[str]) -> bool:
        """True if one of the globs matches its place, alone or after its subject."""
        names = (self.place, f"{self.subject}{self.place}")
        return any(fnmatchcase(name, glob) for glob in globs for name in names)


Found = Iterator[tuple[Loc, Json, Json]]  # the place, the expected and the other value


def differing(expected: Json, got: Json, loc: Loc = ()) -> Found:
    """Yield the innermost places at which two JSON values differ."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in [*expected, *(name for name in got if name not in expected)]:
            yield from differing(expected.get(name, ABSENT), got.get(name, ABSENT), (*loc, name))
    elif isinstance(expected, list) and isinstance(got, list):
        for index in range(max(len(expected), len(got))):
            yield from differing(_item(expected, index), _item(got, index), (*loc, index))
    elif expected != got or isinstance(expected, bool) != isinstance(got, bool):
        yield loc, expected, got


def _item(items: Sequence[Json], index: int) -> Json:
    return items[index] if index < len(items) else ABSENT


def differing_bodies(expected: Body | None, got: Body | None) -> Found:
    """Yield the places at which two bodies differ. An expected one that was cut equals any body."""
    if expected is None or got is None or expected.cut is not None:
        if (expected is None) != (got is None):
            yield (), _shown(expected), _shown(got)
    elif expected.is_json and got.is_json:
        yield from differing(expected.value, got.value)
    elif _shown(expected) != _shown(got):
        yield (), _shown(expected), _shown(got)


def _shown(body: Body | None) -> Json:
    if body is None:
        return ABSENT
    if body.cut is not None:
        return f"{body.cut} bytes"
    return body.value if body.is_json else body.base64 if body.is_binary else body.text


def differing_queries(expected: str, got: str) -> Found:
    """Yield the parameters in which two queries differ, whatever their order and credentials."""
    sides = [_parameters(expected), _parameters(got)]
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        values = [side.get(name, []) for side in sides]
        if values[0] != values[1]:
            yield (name,), *(_one(each) for each in values)


def _parameters(query: str) -> dict[str, list[str]]:
    parameters: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if not is_secret_name(name):
            parameters.setdefault(name, []).append(value)
    return parameters


def _one(values: list[str]) -> Json:
    return ABSENT if not values else values[0] if len(values) == 1 else values


def at(line: int, subject: str, begin: Loc, found: Found) -> Iterator[Difference]:
    """Yield the differences found within a part, which begins at the place `begin`."""
    for loc, expected, got in found:
        yield Difference(line, subject, pointer((*begin, *loc)), expected, got)
