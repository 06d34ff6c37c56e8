"""Compares the shapes of JSON values.

Names, types, null or not, booleans, and the values of codes belong to the shape. Texts, numbers
and the length of lists do not.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher

from emulator.errors import Loc
from emulator.extras.recording.differences import ABSENT, Found
from emulator.jsontext import Json

# Names whose values are codes: a client may depend on each.
CODES = frozenset({
    "code", "end_reason", "event_name", "level", "loc", "model_provider", "pagination_direction",
    "provider", "role", "slug", "status", "token_type", "tool_type", "type", "version_type",
})  # fmt: skip

_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null",
          int: "a number", float: "a number"}  # fmt: skip


def differing_shapes(expected: Json, got: Json, loc: Loc = ()) -> Found:
    """Yield the places at which the shapes differ; kinds are described in words."""
    if kind(expected) != kind(got):
        yield loc, kind(expected), kind(got)
    elif loc and loc[-1] in CODES and not isinstance(expected, dict) and expected != got:
        yield loc, expected, got
    elif isinstance(expected, dict):
        for name in [*expected, *(name for name in got if name not in expected)]:
            sides = (expected.get(name, ABSENT), got.get(name, ABSENT))
            yield from differing_shapes(*sides, (*loc, name))
    elif isinstance(expected, list):
        yield from _in_lists(expected, got, loc)
    elif isinstance(expected, bool) and expected != got:
        yield loc, expected, got


def _in_lists(expected: list[Json], got: list[Json], loc: Loc) -> Found:
    """Compare as many items as both lists have, and whether one is empty."""
    if bool(expected) != bool(got):
        words = {True: "a list with items", False: "an empty list"}
        yield loc, words[bool(expected)], words[bool(got)]
    for index, (one, other) in enumerate(zip(expected, got, strict=False)):
        yield from differing_shapes(one, other, (*loc, index))


def kind(value: Json) -> Json:
    """Describe in words what kind of value it is."""
    return ABSENT if value is ABSENT else _KINDS[type(value)]


Labelled = tuple[str, Json]  # a frame's type, and its content


def collapsed(frames: Sequence[Labelled], several: frozenset[str]) -> list[Labelled]:
    """Return the frames, with each run of a type in `several` reduced to its first frame."""
    kept: list[Labelled] = []
    for frame in frames:
        if not (kept and frame[0] in several and kept[-1][0] == frame[0]):
            kept.append(frame)
    return kept


def differing_order(
    expected: Sequence[Labelled], got: Sequence[Labelled]
) -> tuple[list[tuple[int, int]], list[tuple[int, list[str], list[str]]]]:
    """Return the pairs of frames that belong together, and where the types differ.

    A pair has the index in `expected` and in `got`; a place where types differ has the index in
    `expected` and the types on both sides.
    """
    was, came = ([label for label, _ in side] for side in (expected, got))
    pairs: list[tuple[int, int]] = []
    others: list[tuple[int, list[str], list[str]]] = []
    for tag, a, b, c, d in SequenceMatcher(None, was, came, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += zip(range(a, b), range(c, d), strict=True)
        else:
            others.append((a, was[a:b], came[c:d]))
    return pairs, others
