"""Decodes MP3 and AAC as bare frames; each begins with a header that tells its length."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from emulator.audio.decoding.codec import RATE, Codec
from emulator.audio.decoding.decoder import Samples

Kind: TypeAlias = Literal["mp3", "aac"]

HEADER = 6  # bytes of the longer header of the two
TAG = b"ID3"
_TAG_HEADER = 10  # bytes
_KBITS = {  # MP3's, by the header's index: MPEG 1, and the halved rates of MPEG 2 and 2.5
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = (44_100, 48_000, 32_000)  # Hz, of MPEG 1


class MpegDecoder:
    """Reads frames of one kind, and skips a tag (ID3) at the recording's beginning."""

    sample_rate = RATE

    def __init__(self, kind: Kind) -> None:
        self._codec = Codec("mp3float" if kind == "mp3" else "aac")
        self._tag = b""  # what has come of its header
        self._skip = 0  # bytes of the tag still to come

    def decode(self, data: bytes) -> Iterator[Samples]:
        if self._tag or data.startswith(TAG):
            data = self._read_tag(self._tag + data)
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        return self._codec.parse(data[skipped:])

    def _read_tag(self, data: bytes) -> bytes:
        """Read the header of a tag once all of it is there; return what follows it."""
        if len(data) < _TAG_HEADER:
            self._tag = data
            return b""
        self._tag = b""
        for byte in data[6:_TAG_HEADER]:
            self._skip = self._skip << 7 | byte & 0x7F
        return data[_TAG_HEADER:]


def kind_of(data: bytes) -> Kind | None:
    """Return the kind of frame that begins there, by the header's first two bytes."""
    if len(data) < 2 or data[0] != 0xFF:
        return None
    if data[1] & 0xE6 == 0xE2 and data[1] & 0x18 != 0x08:
        return "mp3"
    return "aac" if data[1] & 0xF6 == 0xF0 else None


def frame_length(data: bytes) -> int | None:
    """Return the length in bytes of the frame that begins there; None if no header does."""
    kind = kind_of(data)
    if kind is None or len(data) < HEADER:
        return None
    length = _mp3_length(data) if kind == "mp3" else _aac_length(data)
    return length if length >= HEADER else None


def _mp3_length(header: bytes) -> int:
    version = {3: 1, 2: 2, 0: 4}[header[1] >> 3 & 3]  # MPEG 1, 2 or 2.5: the rate's divisor
    rate_index, bits_index = header[2] >> 2 & 3, header[2] >> 4
    if rate_index == 3 or bits_index == 15:
        return 0
    bits = 1000 * _KBITS[min(version, 2)][bits_index]
    rate = _MP3_RATES[rate_index] // version
    padding = header[2] >> 1 & 1
    return (144 if version == 1 else 72) * bits // rate + padding


def _aac_length(header: bytes) -> int:
    if header[2] >> 2 & 15 > 12:  # an undefined rate
        return 0
    return (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
