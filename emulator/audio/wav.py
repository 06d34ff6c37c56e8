"""The WAV header of 16-bit mono PCM."""

import struct

SAMPLE_BYTES = 2  # in one sample of 16-bit mono PCM
HEADER_BYTES = 44


def wav_header(size: int, sample_rate: int) -> bytes:
    """Return the canonical 44 bytes that precede `size` bytes of PCM.

    Players cut off exactly as many (docs/protocol.md#audio-output).
    """
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + size, b"WAVE",
        b"fmt ", 16, 1, 1, sample_rate, sample_rate * SAMPLE_BYTES, SAMPLE_BYTES, 16,
        b"data", size,
    )  # fmt: skip
