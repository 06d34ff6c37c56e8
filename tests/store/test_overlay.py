"""Containers that fork at no cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.store.overlay import Index, Overlay

CHANGES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 9)), max_size=40)


@given(CHANGES)
def test_forks_behave_like_copied_dictionaries(changes: list[tuple[int, int, int]]) -> None:
    """However overlays are forked and changed, each equals a dictionary treated alike."""
    overlays: list[Overlay[int, int]] = [Overlay()]
    models: list[dict[int, int]] = [{}]
    for action, key, value in changes:
        place = value % len(overlays)
        if action == 0:
            overlays[place][key] = value
            models[place][key] = value
        elif action == 1 and key in models[place]:
            del overlays[place][key]
            del models[place][key]
        else:
            overlays.append(overlays[place].fork())
            models.append(dict(models[place]))

    assert [dict(overlay) for overlay in overlays] == models
    assert [len(overlay) for overlay in overlays] == [len(model) for model in models]


def test_deleting_what_is_not_there_is_an_error() -> None:
    """A key that is missing, or deleted already, can't be deleted."""
    overlay = Overlay({"a": 1})
    del overlay["a"]
    for key in ("a", "b"):
        with pytest.raises(KeyError):
            del overlay[key]
    assert "a" not in overlay


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=30))
def test_forked_indexes_keep_their_own_order(changes: list[tuple[bool, int]]) -> None:
    """Entries stay sorted under their key, and a fork's entries are its own."""
    index: Index[str] = Index()
    index.add("k", 5)
    fork = index.fork()
    expected = [5]
    for add, entry in changes:
        if add:
            fork.add("k", entry)
            expected.append(entry)
        elif entry in expected:
            fork.remove("k", entry)
            expected.remove(entry)

    assert list(fork.get("k")) == sorted(expected)
    assert list(index.get("k")) == [5]
    assert list(index.get("other")) == []
