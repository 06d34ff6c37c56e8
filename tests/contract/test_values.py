"""References and matchers of the table."""

from typing import Any

import pytest

from conformance.values import MATCHERS, differences, resolve

ID = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"
NAMES = {"made": {"id": ID, "tools": [{"version": 3}]}, "nobody": "0000"}


def test_references_are_replaced_by_what_they_refer_to() -> None:
    """A text that is nothing but a reference; deep in a value, too."""
    value = {"id": "$made.id", "of": ["$made.tools.0.version", "$nobody", "costs $made.id"]}
    assert resolve(value, NAMES) == {"id": ID, "of": [3, "0000", "costs $made.id"]}


@pytest.mark.parametrize("reference", ["$none", "$made.name", "$made.tools.1", "$made.id.x"])
def test_a_reference_to_nothing_is_an_error(reference: str) -> None:
    """It names the reference."""
    with pytest.raises(LookupError, match=reference.replace("$", r"\$")):
        resolve([reference], NAMES)


SAME: list[tuple[Any, Any]] = [
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": None}, {}),
    ([{"a": 1}], [{"a": 1, "b": 2}]),
    (1, 1.0),
    ({}, {"a": 1}),
]


@pytest.mark.parametrize(("expected", "actual"), SAME)
def test_an_object_may_have_more(expected: Any, actual: Any) -> None:
    """What is not expected does not count, and null is as good as nothing."""
    assert differences(expected, actual) == []


OTHER: list[tuple[Any, Any, str]] = [
    ({"a": {"b": 1}}, {"a": {"b": 2}}, "/a/b: expected 1, got 2"),
    ([1], [1, 2], "/: expected [1], got [1, 2]"),
    ({"a": [1, 2]}, {"a": [1, 3]}, "/a/1: expected 2, got 3"),
    (True, 1, "/: expected True, got 1"),
    (0, False, "/: expected 0, got False"),
    ({"a": 1}, None, "/: expected {'a': 1}, got None"),
    ({"a": None}, {"a": 0}, "/a: expected None, got 0"),
]


@pytest.mark.parametrize(("expected", "actual", "problem"), OTHER)
def test_a_difference_is_told_with_its_place(expected: Any, actual: Any, problem: str) -> None:
    """The place, what was expected, and what came."""
    assert differences(expected, actual) == [problem]


def test_an_exact_object_has_nothing_more() -> None:
    """But for nulls."""
    expected = {"a": {"b": 1}}
    assert differences(expected, {"a": {"b": 1, "c": None}}, exact=True) == []
    problems = differences(expected, {"a": {"b": 1, "c": 2}}, exact=True)
    assert problems == ["/a/c: expected nothing, got 2"]


MET: dict[str, list[Any]] = {
    "<any>": [0, "", False],
    "<text>": ["a"],
    "<number>": [1, 1.5],
    "<uuid>": [ID],
    "<ms>": [1_795_266_380_733],
    "<hex>": ["0123456789abcdef" * 2],
    "<wav>": ["UklGRg=="],
    "<mp3>": ["//uUxA=="],
    "<pcm>": ["AAECAw=="],
    "<scores>": [{str(number): number / 47 for number in range(48)}, dict.fromkeys(range(48), 0)],
}
NOT_MET: dict[str, list[Any]] = {
    "<any>": [None],
    "<text>": ["", 1, None],
    "<number>": ["1", True, None],
    "<uuid>": [ID.upper(), "abc", 1, None],
    "<ms>": [1_795_266_380, 1_795_266_380_733.0, "1795266380733", True, None],
    "<hex>": ["0123456789ABCDEF" * 2, "01", 1, None],
    "<wav>": ["UklG", "!", 1, None],
    "<mp3>": ["UklGRg==", "", "!", 1, None],
    "<pcm>": ["AAEC", "UklGRg==", "", "!", 1, None],
    "<scores>": [
        {},
        dict.fromkeys(range(48), 1.5),
        dict.fromkeys(range(48), "0"),
        {"Joy": 0.5},
        None,
    ],
}


@pytest.mark.parametrize("name", MATCHERS)
def test_a_matcher_knows_what_it_asks_for(name: str) -> None:
    """Each takes its own, and nothing that only resembles it."""
    assert [value for value in MET[name] if differences(name, value)] == []
    assert [value for value in NOT_MET[name] if not differences(name, value)] == []
