"""Encodes 48 kHz mono PCM as a file: raw, WAV, or MP3 of 128 kbit/s."""

from collections.abc import Iterable, Iterator
from typing import Literal, Protocol, TypeAlias

import lameenc  # type: ignore[import-not-found]

from emulator.audio.timbre import SAMPLE_RATE
from emulator.audio.wav import SAMPLE_BYTES, wav_header

Format: TypeAlias = Literal["pcm", "wav", "mp3"]

SECOND_BYTES = SAMPLE_RATE * SAMPLE_BYTES
_WAV_HEADER = len(wav_header(0, SAMPLE_RATE))
_KBITS = 128
_MP3_FRAME_SAMPLES, _MP3_FRAME_BYTES = 1152, 384
_MP3_MOST_AT_ONCE = 9_216  # bytes of PCM; with more, the encoder keeps far larger buffers
_FASTEST = 7


class Encoder(Protocol):
    """Makes one file: what `begin`, each `encode` and `end` return, joined."""

    def begin(self) -> bytes: ...

    def encode(self, pcm: bytes) -> bytes: ...

    def end(self) -> bytes: ...


def new_encoder(format: str, samples: int) -> Encoder:
    """Return an encoder for a file of so many samples. Raises ValueError for another format."""
    if format == "mp3":
        return _Mp3Encoder()
    if format == "wav":
        return _PlainEncoder(wav_header(samples * SAMPLE_BYTES, SAMPLE_RATE))
    if format == "pcm":
        return _PlainEncoder(b"")
    raise ValueError(f"the format is {format!r}; use pcm, wav or mp3")


def encode_file(format: str, pcm: bytes) -> bytes:
    """Return the complete file of this PCM."""
    if format == "pcm":
        return pcm  # not even copied
    encoder = new_encoder(format, len(pcm) // SAMPLE_BYTES)
    return b"".join((encoder.begin(), encoder.encode(pcm), encoder.end()))


def file_bytes(format: str, samples: int) -> int:
    """Return the size of the file of so many samples, before it is made."""
    if format == "mp3":
        frames = -(-samples // _MP3_FRAME_SAMPLES) + 1 if samples else 0
        return frames * _MP3_FRAME_BYTES
    return samples * SAMPLE_BYTES + (_WAV_HEADER if format == "wav" else 0)


def regrouped(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Yield the same bytes in pieces of that size; only the last one may be smaller."""
    return map(b"".join, grouped(pieces, size))


def grouped(pieces: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    """Yield the same bytes in lists of that size together; only the last one may be smaller."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        if length < size:
            held.append(piece)
            continue
        end = size - length + len(piece)
        held.append(piece[:end])
        yield held
        length -= size
        while length >= size:
            yield [piece[end : end + size]]
            end, length = end + size, length - size
        held = [piece[end:]] if length else []
    if length:
        yield held


class _PlainEncoder:
    """Leaves PCM as it is, after a header."""

    def __init__(self, header: bytes) -> None:
        self._header = header

    def begin(self) -> bytes:
        return self._header

    def encode(self, pcm: bytes) -> bytes:
        return pcm

    def end(self) -> bytes:
        return b""


class _Mp3Encoder:
    """Makes frames of MPEG-1 Layer III without a tag. Its delay adds a frame or less of silence."""

    def __init__(self) -> None:
        encoder = lameenc.Encoder()
        encoder.silence()
        encoder.set_in_sample_rate(SAMPLE_RATE)
        encoder.set_channels(1)
        encoder.set_bit_rate(_KBITS)
        encoder.set_quality(_FASTEST)
        self._encoder = encoder
        self._has_begun = False  # the encoder refuses to end before

    def begin(self) -> bytes:
        return b""

    def encode(self, pcm: bytes) -> bytes:
        if not pcm:
            return b""
        self._has_begun = True
        return b"".join(
            self._encoder.encode(pcm[begin : begin + _MP3_MOST_AT_ONCE])
            for begin in range(0, len(pcm), _MP3_MOST_AT_ONCE)
        )

    def end(self) -> bytes:
        return bytes(self._encoder.flush()) if self._has_begun else b""
