"""Fills the placeholders of texts, within a bound.

Each placeholder grows to the size of its value, so a short text with many placeholders and one long
value would become a text of any size.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence

from emulator.apis.evi.chat.script import PLACEHOLDER, as_text
from emulator.jsontext import Json

_NOTHING = object()


class TextTooLong(Exception):
    """Placeholders would add more than `limit` characters."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"its placeholders would add more than {limit} characters")


def replaced(
    pattern: re.Pattern[str], text: str, value_of: Callable[[re.Match[str]], str], limit: int
) -> str:
    """Return the text with each match replaced by its value.

    Raises TextTooLong if that adds more than `limit` characters.
    """
    parts, added, end = list[str](), 0, 0
    for found in pattern.finditer(text):
        value = value_of(found)
        added += len(value) - len(found[0])
        if added > limit:
            raise TextTooLong(limit)
        parts += (text[end : found.start()], value)
        end = found.end()
    return "".join((*parts, text[end:])) if parts else text


class Filler:
    """Fills texts with values, such as those of one step, within one bound for all of them."""

    def __init__(self, values: Mapping[str, str], limit: int) -> None:
        self._values = values
        self._limit = limit
        self._left = limit
        self._read: dict[str, Json] = {}  # values read as JSON

    def fill(self, text: str) -> str:
        """Fill the placeholders of a text; those without a value stay.

        If a path does not exist in the value, the whole value is filled in. Raises TextTooLong.
        """
        try:
            filled = replaced(PLACEHOLDER, text, self._value_of, self._left)
        except TextTooLong:
            raise TextTooLong(self._limit) from None
        self._left -= max(0, len(filled) - len(text))
        return filled

    def fill_all(self, value: Json) -> Json:
        """Fill every text in a JSON value. Raises TextTooLong."""
        if isinstance(value, str):
            return self.fill(value)
        if isinstance(value, dict):
            return {key: self.fill_all(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill_all(item) for item in value]
        return value

    def dead_ends(self, text: str) -> dict[str, str]:
        """Return the placeholders whose path does not exist in their value, and those values."""
        return {
            found[0]: self._values[found[1]]
            for found in PLACEHOLDER.finditer(text)
            if found[2] and found[1] in self._values and self._part(found[1], found[2]) is None
        }

    def _value_of(self, found: re.Match[str]) -> str:
        name, path = found[1], found[2]
        if name not in self._values:
            return found[0]
        part = self._part(name, path) if path else None
        return self._values[name] if part is None else part

    def _part(self, name: str, path: str) -> str | None:
        """Return the part of a value at a path such as .a.0, or None if it does not exist."""
        if name not in self._read:
            self._read[name] = _as_json(self._values[name])
        return _follow(self._read[name], path.split(".")[1:])


def _as_json(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NOTHING


def _follow(value: Json, path: Sequence[str]) -> str | None:
    try:
        for step in path:
            value = value[int(step)] if isinstance(value, list) else value[step]
        return None if value is _NOTHING else as_text(value)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None
