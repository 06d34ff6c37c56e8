"""Path and query parameters: text from a URL to checked values."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from emulator.errors import Loc, Problem
from emulator.jsontext import Json
from emulator.openapi.operation import FALSE_WORDS, TRUE_WORDS, Operation, Parameter
from emulator.openapi.validation import Check, Validation

_QUERIES_REMEMBERED = 64  # of each operation: clients repeat themselves

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


class ParametersReader:
    """Reads the parameters of one operation."""

    def __init__(self, operation: Operation, validation: Validation, any_id: bool) -> None:
        """`any_id` takes any text for an id."""
        readers = {
            (parameter.location, parameter.name): ParameterReader(
                parameter,
                _accept_any
                if any_id and parameter.type == "uuid"
                else validation.check(parameter.pointer),
            )
            for parameter in operation.parameters
        }
        self._path = [
            (index, readers["path", segment[1:-1]])
            for index, segment in enumerate(operation.path_template.split("/"))
            if segment.startswith("{")
        ]
        self._query = {
            name: reader for (location, name), reader in readers.items() if location == "query"
        }
        self._read_query = lru_cache(_QUERIES_REMEMBERED)(self._read_new_query)

    def read(
        self, segments: Sequence[str], query_string: bytes, problems: list[Problem]
    ) -> Mapping[str, Json]:
        """Return the values of all parameters by name; what is wrong goes into `problems`."""
        values: dict[str, Json] = {}
        for index, reader in self._path:
            reader.read(segments[index], values, problems)
        queried, wrong = self._read_query(query_string)
        problems += wrong
        return {**queried, **values} if values else queried

    def _read_new_query(self, query_string: bytes) -> tuple[Mapping[str, Json], Sequence[Problem]]:
        """Return the values of query parameters, and what is wrong with them."""
        query, problems = parse_query(query_string), list[Problem]()
        values = {name: reader.default for name, reader in self._query.items()}
        for name, text in query.items():
            reader = self._query.get(name)
            if reader is not None:
                given = all_of(query_string, name) if reader.repeats else text
                reader.read(given, values, problems)
        problems += [
            reader.missing()
            for name, reader in self._query.items()
            if reader.required and name not in query
        ]
        return MappingProxyType(values), tuple(problems)  # which later requests get, too


def _accept_any(value: Json, loc: Loc) -> list[Problem]:
    return []


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
