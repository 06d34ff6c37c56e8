"""A call as a WAV file: the caller on the left, the other side on the right."""

import struct
from array import array

from emulator.audio.mulaw import RATE, SILENCE, decode
from emulator.audio.wav import SAMPLE_BYTES

_CHANNELS = 2


def stereo_wav(left: bytes, right: bytes) -> bytes:
    """Return two sides of a call, in mu-law, as a WAV file of 16-bit PCM at 8 kHz.

    The shorter side ends with silence.
    """
    count = max(len(left), len(right))
    samples = array("h", bytes(count * _CHANNELS * SAMPLE_BYTES))
    for channel, sound in enumerate((left, right)):
        samples[channel::_CHANNELS] = array("h", decode(sound.ljust(count, bytes([SILENCE]))))
    pcm = samples.tobytes()
    return _header(len(pcm)) + pcm


def _header(size: int) -> bytes:
    block = _CHANNELS * SAMPLE_BYTES
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + size, b"WAVE",
        b"fmt ", 16, 1, _CHANNELS, RATE, RATE * block, block, 8 * SAMPLE_BYTES,
        b"data", size,
    )  # fmt: skip
