"""Value patterns, such as {"equalTo": "1"} or {"matches": "a.*"}: JSON → a test of a text.

The text is None for a header that was not sent, or for an empty body.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from emulator.errors import ApiError, Loc, closest, pointer
from emulator.jsontext import Json, JsonObject, JsonTextError, parse
from emulator.patterns import Pattern, PatternError, compile_pattern

Test: TypeAlias = Callable[[str | None], bool]
_Make: TypeAlias = Callable[[Json, JsonObject, Loc], Test]

# Fields that modify an operator in the same pattern, with the operators that they may modify.
MODIFIERS: Mapping[str, tuple[str, ...]] = {
    "caseInsensitive": ("equalTo",),
    "ignoreArrayOrder": ("equalToJson",),
    "ignoreExtraElements": ("equalToJson",),
}
_INVALID_INPUT = 10  # WireMock's code
_PLACEHOLDERS: Mapping[str, Callable[[Json], bool]] = {
    "${json-unit.ignore}": lambda got: True,
    "${json-unit.any-string}": lambda got: isinstance(got, str),
    "${json-unit.any-number}": lambda got: type(got) in (int, float),
    "${json-unit.any-boolean}": lambda got: isinstance(got, bool),
}


def refused(loc: Loc, message: str, status: int = 422) -> ApiError:
    """Make an error in WireMock's shape: what is wrong, and where."""
    error = {"code": _INVALID_INPUT, "source": {"pointer": pointer(loc)}, "title": message}
    return ApiError(status, {"errors": [error]})


def expected_object(value: Json, loc: Loc) -> JsonObject:
    if not isinstance(value, dict):
        raise refused(loc, f"expected a JSON object, got {value!r}")
    return value


def without_nulls(value: Json, loc: Loc) -> JsonObject:
    """Return an object without its nulls, which some clients send for absent fields."""
    return {key: item for key, item in expected_object(value, loc).items() if item is not None}


def value_test(given: Json, loc: Loc) -> Test:
    """Return the test for a value pattern. Raises ApiError (422), naming the mistake's place."""
    pattern = without_nulls(given, loc)
    operators = [name for name in pattern if name not in MODIFIERS]
    for name in operators:
        if name not in OPERATORS:
            known = ", ".join(OPERATORS)
            hint = closest(name, list(OPERATORS))
            raise refused((*loc, name), f"no operator {name!r} here{hint}; known: {known}")
    if len(operators) != 1:
        got = " and ".join(operators) or "none"
        raise refused(loc, f"expected one operator, such as equalTo, got {got}")
    [name] = operators
    for modifier in set(pattern) & set(MODIFIERS):
        if name not in MODIFIERS[modifier]:
            raise refused((*loc, modifier), f"belongs to {MODIFIERS[modifier][0]}, got {name}")
    return OPERATORS[name](pattern[name], pattern, (*loc, name))


def _text(value: Json, loc: Loc) -> str:
    """Return a text; a number or a boolean counts as its JSON text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise refused(loc, f"expected a text, got {value!r}")


def regex(value: Json, loc: Loc) -> Pattern:
    """Compile a regular expression. Raises ApiError (422)."""
    try:
        return compile_pattern(_text(value, loc), dot_all=True)
    except PatternError as error:
        raise refused(loc, f"unusable regular expression: {error}") from None


def _equal_to(value: Json, pattern: JsonObject, loc: Loc) -> Test:
    wanted = _text(value, loc)
    if pattern.get("caseInsensitive"):
        folded = wanted.casefold()
        return lambda text: text is not None and text.casefold() == folded
    return lambda text: text == wanted


def _contains(value: Json, pattern: JsonObject, loc: Loc) -> Test:
    part = _text(value, loc)
    return lambda text: text is not None and part in text


def _matches(value: Json, pattern: JsonObject, loc: Loc) -> Test:
    wanted = regex(value, loc)
    return lambda text: text is not None and wanted.fullmatch(text) is not None


def _opposite(make: _Make) -> _Make:
    """Return the opposite operator, which also holds for a missing value."""

    def make_opposite(value: Json, pattern: JsonObject, loc: Loc) -> Test:
        test = make(value, pattern, loc)
        return lambda text: not test(text)

    return make_opposite


def _absent(value: Json, pattern: JsonObject, loc: Loc) -> Test:
    return lambda text: (text is None) == bool(value)


def _not(value: Json, pattern: JsonObject, loc: Loc) -> Test:
    test = value_test(value, loc)
    return lambda text: not test(text)


def _several(combine: Callable[[list[bool]], bool]) -> _Make:
    def make(value: Json, pattern: JsonObject, loc: Loc) -> Test:
        if not isinstance(value, list):
            raise refused(loc, f"expected a list of patterns, got {value!r}")
        tests = [value_test(each, (*loc, index)) for index, each in enumerate(value)]
        return lambda text: combine([test(text) for test in tests])

    return make


def _equal_to_json(value: Json, pattern: JsonObject, loc: Loc) -> Test:
    """Return a test for JSON that equals the value, which may be given as JSON text."""
    if isinstance(value, str):
        try:
            value = parse(value.encode())
        except JsonTextError as error:
            raise refused(loc, f"not JSON: {error.message} (at {error.position})") from None
    any_order = bool(pattern.get("ignoreArrayOrder"))
    extra = bool(pattern.get("ignoreExtraElements"))

    def test(text: str | None) -> bool:
        try:
            got = parse((text or "").encode())
        except JsonTextError:
            return False
        return _same_json(value, got, any_order, extra)

    return test


def _same_json(wanted: Json, got: Json, any_order: bool, extra: bool) -> bool:
    if isinstance(wanted, str) and wanted in _PLACEHOLDERS:
        return _PLACEHOLDERS[wanted](got)
    if isinstance(wanted, dict) and isinstance(got, dict):
        names_fit = wanted.keys() <= got.keys() if extra else wanted.keys() == got.keys()
        return names_fit and all(
            _same_json(item, got[name], any_order, extra) for name, item in wanted.items()
        )
    if isinstance(wanted, list) and isinstance(got, list):
        return _same_list(wanted, list(got), any_order, extra)
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    return bool(wanted == got)


def _same_list(wanted: list[Json], got: list[Json], any_order: bool, extra: bool) -> bool:
    if len(wanted) > len(got) or (len(wanted) < len(got) and not extra):
        return False
    if not any_order:
        return all(_same_json(*pair, any_order, extra) for pair in zip(wanted, got, strict=False))
    for item in wanted:
        found = next(
            (n for n, each in enumerate(got) if _same_json(item, each, any_order, extra)), None
        )
        if found is None:
            return False
        del got[found]
    return True


OPERATORS: Mapping[str, _Make] = {
    "equalTo": _equal_to,
    "contains": _contains,
    "doesNotContain": _opposite(_contains),
    "matches": _matches,
    "doesNotMatch": _opposite(_matches),
    "absent": _absent,
    "equalToJson": _equal_to_json,
    "not": _not,
    "and": _several(all),
    "or": _several(any),
}
