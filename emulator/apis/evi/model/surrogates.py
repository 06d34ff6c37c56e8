"""Reads JSON in which characters are cut in two, as servers write it that cut texts by UTF-16.

Such a half, a lone surrogate, is no character; a strict reader refuses the whole text for it.
"""

import json

from emulator.jsontext import Json

_FIRST_HALF = ("\ud800", "\udbff")
_CONTENT = ("content",)
_LONGEST_INTEGER = 18  # digits


def has_halves(text: str) -> bool:
    """True if a JSON text may have a character that is cut in two."""
    return "\\ud" in text or "\\uD" in text


def read_halves(text: str, kept: tuple[str, ...] = _CONTENT) -> Json:
    """Return the value of a JSON text; lone halves in it become U+FFFD. Raises ValueError.

    Under the names `kept` they stay, for `Halves`, which may find the other half.
    """
    try:
        return mended(json.loads(text, parse_int=_integer), kept)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def mended(value: Json, kept: tuple[str, ...] = ()) -> Json:
    """Return a value whose texts are whole, but for those with the names `kept`."""
    match value:
        case str():
            return whole(value)
        case list():
            return [mended(each, kept) for each in value]
        case dict():
            return {
                whole(name): each if name in kept and isinstance(each, str) else mended(each, kept)
                for name, each in value.items()
            }
    return value


def whole(text: str) -> str:
    """Return a text whose pairs of halves are characters, and whose lone halves are U+FFFD."""
    units = text.encode("utf-16-le", "surrogatepass")
    return units.decode("utf-16-le", "replace")


class Halves:
    """Puts characters together whose halves come in two texts."""

    def __init__(self) -> None:
        self._first = ""

    def join(self, text: str) -> str:
        """Return what is whole now; a first half at the end waits for the next text."""
        text = self._first + text
        least, most = _FIRST_HALF
        self._first = text[-1] if text and least <= text[-1] <= most else ""
        return whole(text[: len(text) - len(self._first)])

    def end(self) -> str:
        """Return what still waits, for which no other half came."""
        first, self._first = self._first, ""
        return whole(first)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)
