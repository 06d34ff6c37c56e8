"""Tests of what is remembered of generations."""

from functools import partial
from typing import Any

import pytest

from emulator.apis.voices import generations
from emulator.apis.voices.generations import GenerationStore


def test_the_oldest_conversions_lose_their_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else can make it again, so it is kept within a bound; the rest stays."""
    monkeypatch.setattr(generations, "MOST_SOUND_BYTES", 250)
    store = GenerationStore()
    for id in "abc":
        store.add({"id": id, "loudness": "x" * 80})
    store.add({"id": "d"})
    kept = {each["id"]: "loudness" in each for each in store.all()}
    assert kept == {"a": False, "b": True, "c": True, "d": False}
    fork = store.fork()
    fork.add({"id": "e", "loudness": "x" * 80})
    assert "loudness" not in (fork.find("b") or {})
    assert "loudness" in (store.find("b") or {})


def test_what_has_begun_is_there_at_once() -> None:
    """A generation that is being sent has its place, though it is made when somebody asks."""
    store = GenerationStore()
    store.begin("A", lambda: {"id": "A"})
    store.begin("b", lambda: {"id": "b"})
    assert store.find("a") == {"id": "A"}
    store.begin("c", lambda: {"id": "c"})
    store.add({"id": "d"})
    assert store.ids() == store.fork().ids() == ["a", "b", "c", "d"]


@pytest.mark.parametrize("ended", ["ab", "ba"])
def test_the_end_of_what_has_begun(ended: str) -> None:
    """The order is that of the beginnings, whichever ends first."""
    store = GenerationStore()
    for id in "ab":
        store.begin(id, partial(dict[str, Any], id=id))
    for id in ended:
        store.note_end(id, 48, is_cut=id == "b")
    assert store.all() == [{"id": "a", "samples": 48}, {"id": "b", "samples": 48, "cut": True}]


def test_what_a_reset_forgot_stays_forgotten() -> None:
    """The end of a stream that began before changes nothing."""
    store = GenerationStore()
    store.note_end("a", 48, is_cut=True)
    assert store.ids() == []
