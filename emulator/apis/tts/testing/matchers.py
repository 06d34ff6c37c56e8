"""Matchers that an expectation may give instead of a value: each equals what it matches."""

import re
from typing import Any


class Searched:
    """Equals every text in which a pattern is found."""

    def __init__(self, pattern: "re.Pattern[str]") -> None:
        self._pattern = pattern

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self._pattern.search(other) is not None

    def __repr__(self) -> str:
        return repr(self._pattern)


class Named:
    """Equals every voice that has a name, in any case, or an id."""

    def __init__(self, named: str) -> None:
        self._named = named

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, dict):
            return other is self
        return self._named.casefold() in (other["name"].casefold(), other["id"])

    def __repr__(self) -> str:
        return f"the voice {self._named!r}"


def matcher(name: str, value: Any) -> Any:
    """Return what to compare a field of a generation with."""
    if isinstance(value, re.Pattern):
        return Searched(value)
    return Named(value) if name == "voice" and isinstance(value, str) else value
