"""The same sentence in every format, in pieces of every size."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audio.decoding.listening import new_microphone, turns
from tests.audio.decoding.recordings import KINDS, LENGTH_MS, SPOKEN_MS, pieces, recording

pytestmark = pytest.mark.slow

TOLERANCE_MS = 60
WHOLE_FILES = ("mp4 whole", "mp4 whole, description first")


@pytest.mark.parametrize("size", [1, 3, 20, 4_000])
@pytest.mark.parametrize("kind", KINDS)
def test_the_sentence_is_heard(kind: str, size: int) -> None:
    """One turn of the sentence's length."""
    microphone, _ = new_microphone()
    [turn] = turns(microphone, pieces(recording(kind), size))
    assert turn.end_ms - turn.begin_ms == pytest.approx(LENGTH_MS, abs=TOLERANCE_MS)
    assert turn.spoken_ms == pytest.approx(SPOKEN_MS, abs=TOLERANCE_MS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_frame_of_any_size(kind: str) -> None:
    """Browsers send a first frame of one byte, at times: what it begins is not known yet."""
    data = recording(kind)
    whole = turns(new_microphone()[0], [data])
    for first in (1, 2, 3, 4, 5, 7, 8, 11, 40):
        assert turns(new_microphone()[0], [data[:first], data[first:]]) == whole


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_pieces_of_any_size(data: st.DataObject) -> None:
    """Where a recording is cut makes no difference."""
    kind = data.draw(st.sampled_from(KINDS))
    sound = recording(kind)
    cuts = data.draw(st.lists(st.integers(0, len(sound)), max_size=12))
    places = sorted({0, *cuts, len(sound)})
    cut = [sound[begin:end] for begin, end in zip(places, places[1:], strict=False)]
    assert turns(new_microphone()[0], cut) == turns(new_microphone()[0], [sound])


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_is_heard_before_the_recording_ends(kind: str) -> None:
    """What has come is decoded at once, so that a conversation is possible."""
    microphone, _ = new_microphone()
    data = recording(kind)
    heard = (
        n for n, piece in enumerate(pieces(data, 100)) if any(True for _ in microphone.feed(piece))
    )
    share = 100 * next(heard) / len(data)
    assert share > 0.9 if kind in WHOLE_FILES else share < 0.9


@pytest.mark.parametrize("size", [4, 50, 100_000])
@pytest.mark.parametrize("kind", KINDS)
def test_a_recorder_that_starts_again(kind: str, size: int) -> None:
    """A further recording follows the first, in a frame of its own: two turns."""
    microphone, _ = new_microphone()
    first = turns(microphone, pieces(recording(kind), size))
    second = turns(microphone, pieces(recording(kind), size))
    for turn in (*first, *second):
        assert turn.end_ms - turn.begin_ms == pytest.approx(LENGTH_MS, abs=TOLERANCE_MS)
    assert (len(first), len(second)) == (1, 1)
