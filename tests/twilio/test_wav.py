"""A call as a WAV file."""

import io
import wave

from emulator.audio.mulaw import RATE, decode
from emulator.twilio.record import CallSound
from emulator.twilio.wav import stereo_wav
from tests.twilio.phone_server import sound


def test_both_sides() -> None:
    """The caller on the left; the shorter side ends with silence."""
    with wave.open(io.BytesIO(stereo_wav(sound(20), sound(10)))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        pcm = file.readframes(file.getnframes())
    left = b"".join(pcm[at : at + 2] for at in range(0, len(pcm), 4))
    right = b"".join(pcm[at + 2 : at + 4] for at in range(0, len(pcm), 4))
    assert left == decode(sound(20))
    assert right == decode(sound(10)) + bytes(160)


def test_an_empty_call() -> None:
    """Has a file, too."""
    with wave.open(io.BytesIO(stereo_wav(b"", b""))) as file:
        assert file.getnframes() == 0


def test_gaps_are_silence() -> None:
    """What is added later stands at its time."""
    call = CallSound()
    call.add(0, b"ab", b"cd")
    call.add(1, b"e", b"f")
    assert call.sides() == (b"ab" + b"\xff" * 6 + b"e", b"cd" + b"\xff" * 6 + b"f")
