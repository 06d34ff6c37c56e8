"""Makes tests of logged requests from WireMock's request patterns."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from emulator.errors import Loc, closest
from emulator.extras.wiremock.request import LoggedRequest
from emulator.extras.wiremock.values import (
    Test,
    expected_object,
    refused,
    regex,
    value_test,
    without_nulls,
)
from emulator.jsontext import Json
from emulator.patterns import Pattern, PatternError, compile_pattern

RequestTest: TypeAlias = Callable[[LoggedRequest], bool]
_Pairs: TypeAlias = Sequence[tuple[str, str]]
MOST_VALUES = 2_000  # of one request pattern
_TEMPLATE = re.compile(r"\{([^{}/]+)\}")


def request_test(given: Json) -> RequestTest:
    """Return the test for a request pattern; {} fits every request.

    Raises ApiError (422), naming the place of the mistake.
    """
    pattern = without_nulls(given, ())
    if _size(pattern) > MOST_VALUES:
        raise refused((), f"expected at most {MOST_VALUES} values, got {_size(pattern)}")
    for name in pattern:
        if name not in FIELDS:
            known, hint = ", ".join(FIELDS), closest(name, list(FIELDS))
            raise refused((name,), f"no field {name!r} here{hint}; known: {known}")
    if "pathParameters" in pattern and "urlPathTemplate" not in pattern:
        raise refused(("pathParameters",), "needs urlPathTemplate, which names them")
    tests = [
        FIELDS[name](pattern if name == "pathParameters" else value, (name,))
        for name, value in pattern.items()
    ]
    return lambda request: all(test(request) for test in tests)


def _size(value: Json) -> int:
    """Count the values in a JSON value: each costs time with every logged request."""
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def _text(value: Json, loc: Loc) -> str:
    if not isinstance(value, str):
        raise refused(loc, f"expected a text, got {value!r}")
    return value


def _method(value: Json, loc: Loc) -> RequestTest:
    method = _text(value, loc).upper()
    return lambda request: method in ("ANY", request.method)


def _url(value: Json, loc: Loc) -> RequestTest:
    url = _text(value, loc)
    return lambda request: request.url == url


def _url_pattern(value: Json, loc: Loc) -> RequestTest:
    wanted = regex(value, loc)
    return lambda request: wanted.fullmatch(request.url) is not None


def _url_path(value: Json, loc: Loc) -> RequestTest:
    path = _text(value, loc)
    return lambda request: path in (request.path, request.entry.path)


def _url_path_pattern(value: Json, loc: Loc) -> RequestTest:
    wanted = regex(value, loc)
    return lambda request: wanted.fullmatch(request.path) is not None


def _template(value: Json, loc: Loc) -> tuple[Pattern, list[str]]:
    """Return the pattern for a template such as /configs/{id}, and the names in it."""
    template = _text(value, loc)
    parts = _TEMPLATE.split(template)
    fitting = "([^/]+)".join(re.escape(part) for part in parts[::2])
    try:
        return compile_pattern(fitting), parts[1::2]
    except PatternError as error:
        raise refused(loc, f"not a path template: {error}") from None


def _url_path_template(value: Json, loc: Loc) -> RequestTest:
    wanted, _ = _template(value, loc)
    return lambda request: wanted.fullmatch(request.path) is not None


def _path_parameters(pattern: Json, loc: Loc) -> RequestTest:
    wanted, names = _template(pattern["urlPathTemplate"], ("urlPathTemplate",))
    tests = _named_tests(pattern["pathParameters"], loc)
    for name in tests:
        if name not in names:
            known = ", ".join(names) or "none"
            raise refused((*loc, name), f"the template has no {name!r}; it has {known}")

    def test(request: LoggedRequest) -> bool:
        found = wanted.fullmatch(request.path)
        if found is None:
            return False
        values = (value or "" for value in found.groups())
        return _fit(tests, list(zip(names, values, strict=True)), exact=True)

    return test


def _query_parameters(value: Json, loc: Loc) -> RequestTest:
    tests = _named_tests(value, loc)
    return lambda request: _fit(tests, request.query, exact=True)


def _headers(value: Json, loc: Loc) -> RequestTest:
    tests = _named_tests(value, loc)
    return lambda request: _fit(tests, request.headers, exact=False)


def _cookies(value: Json, loc: Loc) -> RequestTest:
    tests = _named_tests(value, loc)
    return lambda request: _fit(tests, request.cookies, exact=True)


def _body_patterns(value: Json, loc: Loc) -> RequestTest:
    if not isinstance(value, list):
        raise refused(loc, f"expected a list of patterns, got {value!r}")
    tests = [_body_test(each, (*loc, index)) for index, each in enumerate(value)]
    return lambda request: all(test(request.body) for test in tests)


def _body_test(given: Json, loc: Loc) -> Callable[[str], bool]:
    """Return a test of a body. An empty body is an empty text, but `absent` holds for it."""
    test = value_test(given, loc)
    return lambda body: test(None if not body and "absent" in given else body)


_Several: TypeAlias = Callable[[list[str]], bool]


def _named_tests(value: Json, loc: Loc) -> dict[str, _Several]:
    return {
        name: _several_test(pattern, (*loc, name))
        for name, pattern in expected_object(value, loc).items()
    }


def _several_test(given: Json, loc: Loc) -> _Several:
    """Return a test of all values of one name: one value must meet the pattern."""
    pattern = expected_object(given, loc)
    for name in ("hasExactly", "includes"):
        if name in pattern:
            return _list_test(name, pattern[name], (*loc, name))
    test: Test = value_test(pattern, loc)
    return lambda values: any(test(value) for value in values) if values else test(None)


def _list_test(name: str, given: Json, loc: Loc) -> _Several:
    if not isinstance(given, list):
        raise refused(loc, f"expected a list of patterns, got {given!r}")
    tests = [value_test(each, (*loc, index)) for index, each in enumerate(given)]

    def test(values: list[str]) -> bool:
        all_met = all(any(test(value) for value in values) for test in tests)
        if name == "includes":
            return all_met
        return (
            all_met
            and len(values) == len(tests)
            and all(any(test(value) for test in tests) for value in values)
        )

    return test


def _fit(tests: Mapping[str, _Several], pairs: _Pairs, exact: bool) -> bool:
    """True if the values of each name pass its test; `exact` compares names with their case."""
    return all(
        test(
            [
                value
                for name, value in pairs
                if (name == wanted if exact else name == wanted.lower())
            ]
        )
        for wanted, test in tests.items()
    )


FIELDS: Mapping[str, Callable[[Json, Loc], RequestTest]] = {
    "method": _method,
    "url": _url,
    "urlPattern": _url_pattern,
    "urlPath": _url_path,
    "urlPathPattern": _url_path_pattern,
    "urlPathTemplate": _url_path_template,
    "pathParameters": _path_parameters,
    "queryParameters": _query_parameters,
    "headers": _headers,
    "cookies": _cookies,
    "bodyPatterns": _body_patterns,
}
