"""Parameters in the path, the query and headers: text to checked values."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from emulator.errors import Loc, Problem
from emulator.jsontext import Json
from emulator.openapi.operation import FALSE_WORDS, TRUE_WORDS, Operation, Parameter
from emulator.openapi.validation import Check, Validation

_QUERIES_REMEMBERED = 64  # of each operation, since clients repeat their queries

Converter: TypeAlias = Callable[[str], Any]  # turns a text into a value; raises Unreadable
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


def parse_query(query_string: bytes) -> Mapping[str, str]:
    """Return names and values of a query; the last value of a repeated name counts."""
    return dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))


def all_of(query_string: bytes, name: str) -> list[str]:
    """Return every value of a name that a query may give several times."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    return [value for key, value in pairs if key == name]


class ParameterReader:
    """Reads one parameter of an operation, with FastAPI's messages about bad values."""

    def __init__(self, parameter: Parameter, check: Check) -> None:
        self.name = parameter.name
        self.required = parameter.required
        self.default = parameter.default
        self.repeats = parameter.repeats
        self._loc: Loc = (parameter.location, parameter.name)
        self._convert = CONVERTERS[parameter.type]
        self._check = check

    def read(self, given: str | list[str], values: dict[str, Any], problems: list[Problem]) -> None:
        """Add the value to `values`, or its problems to `problems`.

        A parameter that may be repeated gets all its texts.
        """
        value = converted(given, self._convert, self._loc, problems)
        if value is not None:
            problems += self._check(value, self._loc)
            values[self.name] = value

    def missing(self) -> Problem:
        return Problem(self._loc, "Field required", "missing")


def converted(
    given: str | list[str], convert: Converter, loc: Loc, problems: list[Problem]
) -> Json | None:
    """Return the value of a text, or the list of values of several texts.

    Returns None after adding to `problems`.
    """
    if isinstance(given, list):
        values = [converted(text, convert, (*loc, at), problems) for at, text in enumerate(given)]
        return None if None in values else values
    try:
        return convert(given)
    except Unreadable as error:
        problems.append(Problem(loc, *error.args))
        return None


class ParametersReader:
    """Reads the parameters of one operation."""

    def __init__(self, operation: Operation, validation: Validation, any_id: bool) -> None:
        """Begin with checks that compile at the first value; `any_id` accepts any text as an id."""
        readers = {
            (parameter.location, parameter.name): ParameterReader(
                parameter,
                _accept_any
                if any_id and parameter.type == "uuid"
                else partial(validation.problems, parameter.pointer),
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
        self._headers = [
            reader for (location, _), reader in readers.items() if location == "header"
        ]
        self._read_query = lru_cache(_QUERIES_REMEMBERED)(self._read_new_query)

    def read(
        self,
        segments: Sequence[str],
        query_string: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        problems: list[Problem],
    ) -> Mapping[str, Json]:
        """Return the values of all parameters by name; adds to `problems`."""
        values: dict[str, Json] = {}
        for index, reader in self._path:
            reader.read(segments[index], values, problems)
        queried, wrong = self._read_query(query_string)
        problems += wrong
        for reader in self._headers:
            _read_header(reader, headers, values, problems)
        return {**queried, **values} if values else queried

    def _read_new_query(self, query_string: bytes) -> tuple[Mapping[str, Json], Sequence[Problem]]:
        """Return the values of query parameters, and the problems."""
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
        return MappingProxyType(values), tuple(problems)  # read-only: later requests get them, too


def _read_header(
    reader: ParameterReader,
    headers: Sequence[tuple[bytes, bytes]],
    values: dict[str, Json],
    problems: list[Problem],
) -> None:
    """Read a parameter that is a header; one that repeats is a list with commas, in any lines."""
    name = reader.name.lower().encode()
    given = [value.decode("latin-1") for key, value in headers if key == name]
    values[reader.name] = reader.default
    if not given:
        problems += [reader.missing()] if reader.required else ()
    elif reader.repeats:
        reader.read([text.strip() for text in ",".join(given).split(",")], values, problems)
    else:
        reader.read(given[-1], values, problems)


def _accept_any(value: Json, loc: Loc) -> list[Problem]:
    return []


class Unreadable(Exception):
    """A text can't be read as its type; the arguments are the problem's message and type."""


def _to_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise Unreadable(
            "Input should be a valid integer, unable to parse string as an integer", "int_parsing"
        )
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise Unreadable(
            "Unable to parse input string as an integer, exceeded maximum size", "int_parsing_size"
        )
    return int(text)


def _to_number(text: str) -> float:
    if not _NUMBER.fullmatch(text) or math.isinf(float(text)):
        raise Unreadable(
            "Input should be a valid number, unable to parse string as a number", "float_parsing"
        )
    return float(text)


def _to_boolean(text: str) -> bool:
    lower = text.lower()
    if lower in TRUE_WORDS:
        return True
    if lower in FALSE_WORDS:
        return False
    raise Unreadable("Input should be a valid boolean, unable to interpret input", "bool_parsing")


def _to_text(text: str) -> str:
    if "\0" in text:
        raise Unreadable("Input should not contain the character U+0000", "value_error")
    return text


# By the type of a parameter, or of a form's field.
CONVERTERS: Mapping[str, Converter] = {
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
    "string": _to_text,
    "uuid": lambda text: _to_text(text).lower(),
}
