"""Playback: sound in order, marks behind what precedes them, silence where there is nothing."""

from hypothesis import given
from hypothesis import strategies as st

from emulator.audio.mulaw import SILENCE, encode
from emulator.twilio.messages import FRAME_BYTES
from emulator.twilio.playback import Playback, is_audible
from tests.twilio.phone_server import LOUD

SOUNDS = st.binary(min_size=1, max_size=500)
# Sound, a mark, a clear; a number plays so many frames.
MESSAGES = st.one_of(SOUNDS, st.text("abc", min_size=1, max_size=2), st.none(), st.integers(0, 4))
SILENT = bytes([SILENCE]) * FRAME_BYTES


def as_pcm(*samples: int) -> bytes:
    return encode(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


@given(st.lists(SOUNDS | st.text("abc", min_size=1, max_size=2)))
def test_sound_is_played_in_order_and_marks_come_behind_it(messages: list[bytes | str]) -> None:
    """Each mark comes back with the frame that ends what precedes it, in the order of marks."""
    playback, total, marks = Playback(), b"", list[tuple[str, int]]()
    for message in messages:
        if isinstance(message, bytes):
            assert playback.add(message)
            total += message
        else:
            playback.mark(message)
            marks.append((message, len(total)))
    played, reached = b"", [(name, 0) for name in playback.reached()]
    for _ in range(len(total) // FRAME_BYTES + 1):
        played += playback.play(FRAME_BYTES)
        reached += [(name, len(played)) for name in playback.reached()]
    assert played[: len(total)] == total
    assert set(played[len(total) :]) <= {SILENCE}
    assert [name for name, _ in reached] == [name for name, _ in marks]
    for (_, at), (_, after) in zip(reached, marks, strict=True):
        assert after <= at < after + FRAME_BYTES


@given(st.lists(MESSAGES))
def test_a_clear_drops_all_sound_and_brings_back_all_marks(
    messages: list[bytes | str | int | None],
) -> None:
    """Whatever came before: afterwards nothing waits, and every mark was returned once."""
    playback, sent, returned = Playback(), list[str](), list[str]()
    for message in messages:
        match message:
            case bytes():
                playback.add(message)
            case str():
                playback.mark(message)
                sent.append(message)
            case int():
                for _ in range(message):
                    playback.play(FRAME_BYTES)
                returned += playback.reached()
            case None:
                returned += playback.clear()
                assert returned == sent
                assert playback.waiting_ms == 0
                assert not playback.is_speaking
                assert playback.play(FRAME_BYTES) == SILENT
    returned += playback.clear()
    assert returned == sent


@given(st.lists(SOUNDS, max_size=8))
def test_somebody_speaks_while_more_than_silence_is_left(sounds: list[bytes]) -> None:
    """Silence at the end is not speech; a pause before more of it is."""
    playback, total = Playback(), b"".join(sounds)
    for sound in sounds:
        playback.add(sound)
    for at in range(0, len(total) + FRAME_BYTES, FRAME_BYTES):
        assert playback.is_speaking == is_audible(total[at:])
        playback.play(FRAME_BYTES)


def test_what_is_audible() -> None:
    """Not silence of either sign, nor what is as soft as noise."""
    assert not is_audible(SILENT)
    assert not is_audible(as_pcm(0, 8, -8, 90, -90))
    assert is_audible(as_pcm(0, 200))
    assert is_audible(as_pcm(-200))
    assert is_audible(LOUD)
    assert not is_audible(b"")


def test_more_than_is_kept() -> None:
    """The rest is dropped, and told."""
    playback = Playback(most_bytes=200)
    assert playback.add(LOUD)
    assert not playback.add(LOUD)
    assert playback.waiting_ms == 25
    assert playback.play(200) == LOUD + LOUD[:40]
