"""Path and query parameters: text from a URL to checked values."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from emulator.errors import Loc, Problem
from emulator.openapi.operation import FALSE_WORDS, TRUE_WORDS, Parameter
from emulator.openapi.validation import Check

_INTEGER = re.compile(r"[+-]?[0-9]+")


def parse_query(query_string: bytes) -> Mapping[str, str]:
    """Names and values of a query; of a name given twice, the last counts."""
    return dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))


def all_of(query_string: bytes, name: str) -> list[str]:
    """Return every value of a name that a query may give several times."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    return [value for key, value in pairs if key == name]


class ParameterReader:
    """Reads one parameter of an operation, with the words of FastAPI for what is wrong."""

    def __init__(self, parameter: Parameter, check: Check) -> None:
        self.name = parameter.name
        self.required = parameter.required
        self.default = parameter.default
        self.repeats = parameter.type == "texts"
        self._loc: Loc = (parameter.location, parameter.name)
        self._convert = _CONVERTERS[parameter.type]
        self._check = check

    def read(self, given: str | list[str], values: dict[str, Any], problems: list[Problem]) -> None:
        """Put the value into `values`, or what is wrong with it into `problems`.

        Of a parameter that may be repeated, all texts are given.
        """
        try:
            value = self._convert(given)
        except _Unreadable as error:
            problems.append(Problem(self._loc, *error.args))
            return
        found = self._check(value, self._loc)
        problems += found
        values[self.name] = value

    def missing(self) -> Problem:
        return Problem(self._loc, "Field required", "missing")


class _Unreadable(Exception):
    """The text of a parameter is not of its type; the arguments are a message and a type."""


def _to_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise _Unreadable(
            "Input should be a valid integer, unable to parse string as an integer", "int_parsing"
        )
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise _Unreadable(
            "Unable to parse input string as an integer, exceeded maximum size", "int_parsing_size"
        )
    return int(text)


def _to_boolean(text: str) -> bool:
    lower = text.lower()
    if lower in TRUE_WORDS:
        return True
    if lower in FALSE_WORDS:
        return False
    raise _Unreadable("Input should be a valid boolean, unable to interpret input", "bool_parsing")


def _to_text(text: str) -> str:
    if "\0" in text:
        raise _Unreadable("Input should not contain the character U+0000", "value_error")
    return text


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "integer": _to_integer,
    "boolean": _to_boolean,
    "string": _to_text,
    "texts": lambda texts: [_to_text(text) for text in texts],
    "uuid": lambda text: _to_text(text).lower(),
}
