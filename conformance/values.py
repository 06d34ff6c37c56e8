"""Resolves the table's values: references to earlier answers, and matchers."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from emulator.errors import Loc, closest
from emulator.jsontext import Json

REFERENCE = re.compile(r"\$(\w+)((?:\.\w+)*)")
EARLIEST_MS, LATEST_MS = 1_000_000_000_000, 10_000_000_000_000  # the years 2001 to 2286


def resolve(value: Json, names: Mapping[str, Json]) -> Json:
    """The value with each text such as '$config.tools.0.id' replaced by what it refers to.

    Raises LookupError for a name that no earlier step has, or a part that its answer lacks.
    """
    if isinstance(value, dict):
        return {key: resolve(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, names) for item in value]
    if isinstance(value, str) and (found := REFERENCE.fullmatch(value)):
        return _follow(value, names, [found[1], *found[2].split(".")[1:]])
    return value


def _follow(reference: str, names: Mapping[str, Json], steps: list[str]) -> Json:
    found: Any = names
    for step in steps:
        try:
            found = found[int(step) if isinstance(found, list) else step]
        except (LookupError, TypeError, ValueError):
            raise LookupError(f"{reference}: there is no {step!r} in {found!r}") from None
    return found


def differences(expected: Json, actual: Json, exact: bool = False, place: str = "") -> list[str]:
    """Where a value is not what the table says, as 'place: expected ..., got ...'.

    An object may have more fields than are expected, unless it must be `exact`: then they may only
    be null. A text such as '<uuid>' is one of MATCHERS.
    """
    return list(_differences(expected, actual, exact, place))


def _differences(expected: Json, actual: Json, exact: bool, place: str) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            yield from _differences(value, actual.get(key), exact, f"{place}/{key}")
        for key in actual.keys() - expected.keys() if exact else ():
            if actual[key] is not None:
                yield f"{place}/{key}: expected nothing, got {actual[key]!r}"
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from _differences(one, other, exact, f"{place}/{index}")
    elif not is_met(expected, actual):
        yield f"{place or '/'}: expected {expected!r}, got {actual!r}"


def is_met(expected: Json, actual: Json) -> bool:
    """Whether a single value is the expected one, or what a matcher asks for."""
    if isinstance(expected, str) and expected.startswith("<"):
        return MATCHERS[expected](actual)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    return bool(expected == actual)


def unknown_matchers(content: Json, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Where a text looks like a matcher and is none, and what is to be said of it."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from unknown_matchers(value, (*loc, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from unknown_matchers(value, (*loc, index))
    elif isinstance(content, str) and content.startswith("<") and content not in MATCHERS:
        known = ", ".join(MATCHERS)
        yield (
            loc,
            f"no matcher is called {content!r}{closest(content, list(MATCHERS))}; known: {known}",
        )


def _is_uuid(value: Json) -> bool:
    try:
        return str(UUID(value)) == str(value)
    except (ValueError, AttributeError, TypeError):
        return False


def _is_ms(value: Json) -> bool:
    return isinstance(value, int) and EARLIEST_MS < value < LATEST_MS


def _is_wav(value: Json) -> bool:
    try:
        return bool(b64decode(value, validate=True).startswith(b"RIFF"))
    except (NotBase64, TypeError, ValueError):
        return False


def _is_mp3(value: Json) -> bool:
    return _is_sound(value) and b64decode(value)[:2] == b"\xff\xfb"


def _is_pcm(value: Json) -> bool:
    """Raw samples: whole ones, and no header."""
    return _is_sound(value) and len(b64decode(value)) % 2 == 0 and not _is_wav(value)


def _is_sound(value: Any) -> bool:
    try:
        return b64decode(value, validate=True) != b""
    except (NotBase64, TypeError, ValueError):
        return False


def _is_score(value: Json) -> bool:
    """JavaScript makes 0 of 0.0."""
    return type(value) in (int, float) and 0 <= value <= 1


def _are_scores(value: Json) -> bool:
    return isinstance(value, dict) and len(value) == 48 and all(map(_is_score, value.values()))


def _is_hex(value: Json) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{32}", value) is not None


MATCHERS: Mapping[str, Callable[[Json], bool]] = {
    "<any>": lambda value: value is not None,
    "<text>": lambda value: isinstance(value, str) and value != "",
    "<number>": lambda value: type(value) in (int, float),
    "<uuid>": _is_uuid,
    "<ms>": _is_ms,
    "<hex>": _is_hex,
    "<wav>": _is_wav,
    "<mp3>": _is_mp3,
    "<pcm>": _is_pcm,
    "<scores>": _are_scores,
}
