"""JSON text: strict parsing and fast rendering."""

import json
import math
from typing import Any, TypeAlias

import orjson

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]

render = orjson.dumps
read = orjson.loads  # for text that this program rendered
Fragment = orjson.Fragment  # JSON text that is rendered already


class JsonText(bytes):
    """A value that is already JSON text."""

    __slots__ = ()


def kept(text: bytes) -> bytes:
    """Copy a rendered text, to keep it: what `render` returns holds a buffer of several KB."""
    return memoryview(text).tobytes()


class JsonTextError(ValueError):
    """The text is not acceptable JSON; `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def parse(text: bytes) -> Json:
    """Return the value of a JSON text in UTF-8. Raises JsonTextError.

    This is stricter than Python's parser. It refuses NaN, infinite numbers, lone surrogates,
    nesting deeper than 254 levels, a name that appears twice in one object, an integer of more than
    64 bits, and U+0000 in a string.
    """
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise JsonTextError(error.msg, error.pos) from None
    try:
        # Most clients send compact JSON. If it renders to itself, no name appears twice and no
        # integer was rounded.
        if orjson.dumps(value) != text:
            json.loads(
                text,
                object_pairs_hook=_refuse_duplicates,
                parse_int=_refuse_huge,
                parse_float=_refuse_infinite,
            )
        if b"\\u0000" in text:
            _refuse_nul(value)
    except (RecursionError, TypeError):  # orjson renders at most 254 levels
        raise JsonTextError("depth limit exceeded", 0) from None
    return value


def read_or_none(text: bytes) -> Json:
    """Return the value of a JSON text, or None if the text is not JSON."""
    try:
        return parse(text)
    except JsonTextError:
        return None


def _refuse_duplicates(pairs: list[tuple[str, Json]]) -> None:
    names: set[str] = set()
    for name, _ in pairs:
        if name in names:
            raise JsonTextError(f"the name {name!r} appears twice in one object", 0)
        names.add(name)


def _refuse_huge(digits: str) -> None:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64:
        raise JsonTextError(f"the integer {digits[:24]}... has more than 64 bits", 0)


def _refuse_infinite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise JsonTextError(f"the number {digits[:24]} is too large", 0)
    return value


def _refuse_nul(value: Json) -> None:
    if isinstance(value, str) and "\0" in value:
        raise JsonTextError("a string contains the character U+0000", 0)
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_nul(name)
            _refuse_nul(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_nul(item)
