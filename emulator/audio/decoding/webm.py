"""Decodes WebM (Matroska), as browsers record it."""

import math
import struct
from collections.abc import Iterator

from emulator.audio.decoding.codec import RATE, Codec, load_av
from emulator.audio.decoding.decoder import LARGEST_PART, DecodeError, Samples

# The elements that lead to the sound, by their ids. The first ones are opened, not read whole,
# since they may last as long as the recording.
_OPENED = {
    0x18538067: "Segment",
    0x1654AE6B: "Tracks",
    0x1F43B675: "Cluster",
    0xA0: "BlockGroup",
}
_HEADER, _TRACK, _SIMPLE_BLOCK, _BLOCK = 0x1A45DFA3, 0xAE, 0xA3, 0xA1
# Elements that may stand beside these (RFC 9559). Anything else is damage: its length means
# nothing, and waiting for its end would mean to hear nothing any more.
_PASSED_OVER = frozenset((
    0xEC, 0xBF,  # anywhere: Void, CRC-32
    0x114D9B74, 0x1549A966, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367,  # in the Segment
    0xE7, 0x5854, 0xA7, 0xAB, 0xAF,  # in a Cluster
    0xA2, 0x75A1, 0x9B, 0xFA, 0xFB, 0xFD, 0xA4, 0x75A2, 0x8E, 0xC8,  # in a BlockGroup
))  # fmt: skip
_KNOWN = _PASSED_OVER | {_HEADER, _TRACK, _SIMPLE_BLOCK, _BLOCK}
_TRACK_NUMBER, _TRACK_TYPE, _CODEC_ID, _CODEC_PRIVATE = 0xD7, 0x83, 0x86, 0x63A2
_SOUND, _RATE, _CHANNELS = 0xE1, 0xB5, 0x9F
_AUDIO = 2  # a track's type
_LACED = 0x06  # bits of a block's flags: several packets in one

_CODECS = {
    b"A_OPUS": "opus",
    b"A_VORBIS": "vorbis",
    b"A_AAC": "aac",
    b"A_PCM/FLOAT/IEEE": "pcm_f32le",
}


class WebmDecoder:
    """Reads the first track with sound. Another header within the stream begins another file."""

    sample_rate = RATE

    def __init__(self) -> None:
        load_av()
        self._buffer = bytearray()
        self._track = 0  # the number of the track that is heard; 0 if not known yet
        self._codec: Codec | None = None

    def decode(self, data: bytes) -> Iterator[Samples]:
        self._buffer += data
        done = 0
        for id, content, end in _elements(self._buffer, opened=True):
            done = end
            if id == _HEADER:
                self._codec = None
            elif id == _TRACK and self._codec is None:
                self._read_track(content)
            elif id in (_SIMPLE_BLOCK, _BLOCK):
                yield from self._read_block(content)
        del self._buffer[:done]

    def _read_track(self, content: bytes) -> None:
        fields = {id: value for id, value, _ in _elements(content)}
        if int.from_bytes(fields.get(_TRACK_TYPE, b"")) != _AUDIO:
            return
        name = fields.get(_CODEC_ID, b"").rstrip(b"\0")
        if name not in _CODECS:
            known = ", ".join(each.decode() for each in _CODECS)
            raise DecodeError(f"the WebM file has {name.decode('latin-1')!r}, not one of {known}")
        self._track = int.from_bytes(fields.get(_TRACK_NUMBER, b""))
        sound = {id: value for id, value, _ in _elements(fields.get(_SOUND, b""))}
        rate, channels = _whole(sound.get(_RATE, b"")), int.from_bytes(sound.get(_CHANNELS, b"\1"))
        private = fields.get(_CODEC_PRIVATE, b"")
        self._codec = Codec(_CODECS[name], private, rate, channels)

    def _read_block(self, block: bytes) -> Iterator[Samples]:
        if self._codec is None:
            raise DecodeError("the WebM file has no track with sound before its first block")
        number = _vint(block, 0, keep_marker=False)
        if number is None or len(block) < number[1] + 3:
            raise DecodeError("a block of the WebM file is cut off")
        track, length = number
        if track != self._track:
            return
        if block[length + 2] & _LACED:
            raise DecodeError("the WebM file has laced blocks")
        yield from self._codec.decode(block[length + 3 :])  # after track, time and flags


def _whole(value: bytes) -> int:
    """Round a number of single or double precision; return 0 for bytes of another length."""
    form = {4: ">f", 8: ">d"}.get(len(value))
    number: float = 0 if form is None else struct.unpack(form, value)[0]
    return round(number) if math.isfinite(number) else 0


def _elements(data: bytes | bytearray, opened: bool = False) -> Iterator[tuple[int, bytes, int]]:
    """Yield each whole element: its id, its content, and where in the data it ends.

    With `opened`, the contents of opened elements come in their place; the elements themselves then
    have the id 0.
    """
    position = 0
    while True:
        id = _vint(data, position, keep_marker=True)
        size = None if id is None else _vint(data, position + id[1], keep_marker=False)
        if id is None or size is None:
            return
        begin = position + id[1] + size[1]
        if opened and id[0] in _OPENED:
            position = begin
            yield 0, b"", position
            continue
        if opened and id[0] not in _KNOWN:
            raise DecodeError(f"the WebM file has {id[0]:#x} where an element begins")
        if size[0] > LARGEST_PART:
            raise DecodeError(f"the WebM file has an element of {size[0]} bytes")
        position = begin + size[0]
        if position > len(data):
            return
        yield id[0], bytes(data[begin:position]), position


def _vint(data: bytes | bytearray, position: int, keep_marker: bool) -> tuple[int, int] | None:
    """Read a number of variable length; return it and its length, or None if it is cut off."""
    if position >= len(data):
        return None
    first = data[position]
    length = 9 - first.bit_length()
    if length > 8:
        raise DecodeError("the WebM file is damaged: no number begins with a zero byte")
    if position + length > len(data):
        return None
    value = first if keep_marker else first & (0xFF >> length)
    for byte in data[position + 1 : position + length]:
        value = value << 8 | byte
    return value, length
