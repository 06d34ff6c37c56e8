"""Tests of what is remembered of generations."""

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
