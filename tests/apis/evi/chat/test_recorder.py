"""What is kept of a user's sound: a turn, a little before it, and no more."""

from array import array

import pytest

from emulator.apis.evi.chat import recorder
from emulator.apis.evi.chat.recorder import Recorder

RATE, SIZE = 1_000, 10  # samples in a second, and in a window


def window(number: int) -> "array[int]":
    return array("h", [number] * SIZE)


def recorded(recording: bytes) -> list[int]:
    """The numbers of the windows that a recording has."""
    return list(array("h", recording))[::SIZE]


def test_a_turn() -> None:
    """From one window up to another, as their numbers say."""
    kept = Recorder(before=3)
    for number in range(100):
        kept.add(window(number), RATE, is_hearing=number > 50)
    turn = kept.take(48, 60)
    assert recorded(turn.pcm) == list(range(48, 60))
    assert turn.lasts_ms == 120


def test_silence_is_not_kept() -> None:
    """However long it lasts: of it there is only what a turn may begin with."""
    kept = Recorder(before=3)
    for number in range(10_000):
        kept.add(window(number), RATE, is_hearing=False)
    assert recorded(kept.take(0, 10_000).pcm)[-3:] == [9_997, 9_998, 9_999]
    assert recorded(kept.take(0, 10_000).pcm) == [9_997, 9_998, 9_999]


def test_turns_that_follow_each_other() -> None:
    """The second may begin in what came after the first."""
    kept = Recorder(before=3)
    for number in range(20):
        kept.add(window(number), RATE, is_hearing=number > 10)
    kept.take(8, 15)
    for number in range(20, 30):
        kept.add(window(number), RATE, is_hearing=True)
    assert recorded(kept.take(18, 25).pcm) == list(range(18, 25))


def test_of_a_turn_that_is_too_long_the_beginning_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And the next turn is whole again."""
    monkeypatch.setattr(recorder, "MOST_SAMPLES", 50 * SIZE)
    kept = Recorder(before=0)
    for number in range(80):
        kept.add(window(number), RATE, is_hearing=number > 0)
    assert recorded(kept.take(0, 80).pcm) == list(range(50))
    for number in range(80, 90):
        kept.add(window(number), RATE, is_hearing=True)
    assert recorded(kept.take(80, 90).pcm) == list(range(80, 90))


def test_sound_of_another_rate_begins_anew() -> None:
    """A recording has one rate."""
    kept = Recorder(before=3)
    kept.add(window(1), RATE, is_hearing=True)
    kept.add(array("h", [2] * 20), 2_000, is_hearing=True)
    turn = kept.take(0, 2)
    assert (list(array("h", turn.pcm)), turn.sample_rate) == ([2] * 20, 2_000)
