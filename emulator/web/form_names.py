"""Names of a form's fields: those with brackets, such as voice[name], are parts of one value."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from emulator.api import UploadedFile
from emulator.errors import Problem

MOST_LEVELS = 8
MOST_PARTS = 10_000  # that have brackets
_BRACKETS = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_KEY = re.compile(r"\[([^\[\]]*)\]")

Item: TypeAlias = str | UploadedFile
Pairs: TypeAlias = Sequence[tuple[str, Item]]


@dataclass(slots=True)
class Given:
    """The values of a form for one name: items, or the parts that have brackets after it."""

    items: list[Item] = field(default_factory=list)
    parts: dict[str, "Given"] = field(default_factory=dict)

    @property
    def is_null(self) -> bool:
        """True if it is nothing but the text null."""
        return not self.parts and self.items == ["null"]


def grouped(pairs: Pairs, known: Container[str], problems: list[Problem]) -> dict[str, Given]:
    """Return what a form has for each of its names, those without brackets.

    Brackets of a name that is not `known` have no meaning. Adds to `problems`.
    """
    found: dict[str, Given] = {}
    count = 0
    for name, item in pairs:
        first, keys = _split(name, known)
        if len(keys) > MOST_LEVELS:
            deep = f"Input should be at most {MOST_LEVELS} levels deep, got {len(keys)} brackets"
            problems.append(Problem(("body", first), deep, "too_deep"))
            continue
        count += bool(keys)
        if count > MOST_PARTS:
            many = f"Input should have at most {MOST_PARTS} parts with brackets in their names"
            problems.append(Problem(("body",), many, "too_long"))
            break
        at = found.setdefault(first, Given())
        for key in keys:
            at = at.parts.setdefault(key, Given())
        at.items.append(item)
    return found


def _split(name: str, known: Container[str]) -> tuple[str, Sequence[str]]:
    """Return a name without its brackets, and what stands in them."""
    match = None if name in known else _BRACKETS.fullmatch(name)
    if match is None:
        return name, ()
    return match[1], _KEY.findall(match[2]) if match[1] in known else ()
