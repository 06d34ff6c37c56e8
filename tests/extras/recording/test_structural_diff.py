"""Which differences of two JSON values are differences of shape."""

import pytest
from hypothesis import given

from emulator.errors import pointer
from emulator.extras.recording.renaming import Renaming
from emulator.extras.recording.structural_diff import collapsed, differing_order, differing_shapes
from emulator.jsontext import Json
from tests.extras.recording.test_format import VALUES


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"text": "a", "n": 1}, {"text": "b", "n": 2.5}),
        ({"list": [{"a": 1}, {"a": 2}]}, {"list": [{"a": 3}]}),
        ({"id": "x", "time": {"begin": 1}}, {"id": "y", "time": {"begin": 7}}),
    ],
)
def test_the_same_shape(expected: Json, got: Json) -> None:
    """Texts, numbers, and how many items there are, are free."""
    assert list(differing_shapes(expected, got)) == []


@pytest.mark.parametrize(
    ("expected", "got", "place"),
    [
        ({"a": 1}, {}, "/a"),
        ({}, {"b": None}, "/b"),
        ({"a": 1}, {"a": "1"}, "/a"),
        ({"a": 1}, {"a": True}, "/a"),
        ({"a": None}, {"a": ""}, "/a"),
        ({"a": [{"b": 1}]}, {"a": [{"c": 1}]}, "/a/0/b /a/0/c"),
        ({"a": [1]}, {"a": []}, "/a"),
        ({"status": "ACTIVE"}, {"status": "ERROR"}, "/status"),
        ({"detail": [{"loc": ["body", 1]}]}, {"detail": [{"loc": ["body", 2]}]}, "/detail/0/loc"),
        ({"type": "x"}, {"type": "y"}, "/type"),
        ({"latest": True}, {"latest": False}, "/latest"),
        ({"a": {}}, {"a": []}, "/a"),
    ],
)
def test_another_shape(expected: Json, got: Json, place: str) -> None:
    """Names, types, null, emptiness, booleans and the values of codes are not."""
    assert " ".join(pointer(loc) for loc, _, _ in differing_shapes(expected, got)) == place


@given(value=VALUES)
def test_a_value_has_its_own_shape(value: Json) -> None:
    """Whatever it is."""
    assert list(differing_shapes(value, value)) == []


@given(one=VALUES, other=VALUES)
def test_shapes_differ_both_ways(one: Json, other: Json) -> None:
    """At the same places."""
    there = {loc for loc, _, _ in differing_shapes(one, other)}
    assert there == {loc for loc, _, _ in differing_shapes(other, one)}


def test_the_order_of_frames() -> None:
    """Runs of sound count once; what is missing, more, or elsewhere is told by its place."""
    was = collapsed([(t, 0) for t in ["a", "s", "s", "s", "b", "s", "c"]], frozenset("s"))
    came = collapsed([(t, 0) for t in ["a", "s", "b", "d", "c"]], frozenset("s"))
    assert [label for label, _ in was] == ["a", "s", "b", "s", "c"]
    pairs, others = differing_order(was, came)
    assert pairs == [(0, 0), (1, 1), (2, 2), (4, 4)]
    assert others == [(3, ["s"], ["d"])]


def test_ids_are_renamed() -> None:
    """What the second answer calls an id stands for what the first called it, everywhere."""
    renaming = Renaming()
    uuids = [f"{n}0000000-0000-4000-8000-000000000000" for n in range(4)]
    renaming.learn(
        {"id": uuids[0], "name": "old-name-1", "of": [uuids[1]], "tool_call_id": "call_12345"},
        {"id": uuids[2], "name": "new-name-2", "of": [uuids[3]], "tool_call_id": "call_54321"},
    )
    text = f"/x/{uuids[0]}/y?a={uuids[1]}&b=call_12345&c=old-name-1"
    assert renaming.apply(text) == f"/x/{uuids[2]}/y?a={uuids[3]}&b=call_54321&c=old-name-1"
