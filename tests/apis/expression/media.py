"""Media for tests of Expression Measurement."""

import math
import struct
from array import array
from functools import cache

from emulator.audio.wav import wav_header

RATE = 16_000


def silence(ms: int) -> bytes:
    """Return so much silence, as 16-bit PCM at 16 kHz."""
    return bytes(ms * 32)


@cache
def _tone() -> bytes:
    """Return a second of a tone."""
    return array("h", (round(9000 * math.sin(n / 5)) for n in range(RATE))).tobytes()


def loud(ms: int) -> bytes:
    """Return so much of a tone that is loud enough for speech."""
    return (_tone() * (ms // 1000 + 1))[: ms * 32]


def wav(pcm: bytes, rate: int = RATE) -> bytes:
    """Return a WAV file of samples."""
    return wav_header(len(pcm), rate) + pcm


def wav_with_format(*fields: int) -> bytes:
    """Return a WAV file whose format is: tag, channels, rate, bits."""
    tag, channels, rate, bits = fields
    block = channels * bits // 8
    chunk = struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)
    content = (
        b"WAVEfmt " + struct.pack("<I", 16) + chunk + b"data" + struct.pack("<I", 4) + bytes(4)
    )
    return b"RIFF" + struct.pack("<I", len(content)) + content


def jpeg(width: int = 640, height: int = 480, size: int = 0) -> bytes:
    """Return what begins as a JPEG image of this size does, filled up to `size` bytes."""
    start = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(10)
    scan = b"\xff\xda\x00\x02"
    filling = bytes(max(0, size - len(start + frame + scan) - 2))
    return start + frame + scan + filling + b"\xff\xd9"
