"""MP4, as Safari records it: fragments of a few frames each, or a whole file."""

import struct
from collections.abc import Iterator
from io import BytesIO

from emulator.chat.decoding.codec import RATE, Codec, load_av
from emulator.chat.decoding.decoder import LARGEST_PART, DecodeError, Samples

_BOX = struct.Struct(">I4s")  # a box's size, with this, and its kind
_LONG = struct.Struct(">I4sQ")  # the same where the size is 1: the real one follows
_MOST_WITHOUT_SOUND = 1_000  # parts, such as those of a track with pictures; each takes time
_BASE_IS_GIVEN = 0x01  # a flag of tfhd: its offsets count from a place in the file, not from moof


class Mp4Decoder:
    """Collects boxes until a part of the recording is whole, and has `av` find the packets in it.

    A fragment is read as if it followed the description of the tracks (`moov`) at once.
    """

    sample_rate = RATE

    def __init__(self) -> None:
        self._av = load_av()
        self._buffer = bytearray()
        self._begin()

    def _begin(self) -> None:
        """Begin another recording."""
        self._head = b""  # up to the description of the tracks, if fragments follow
        self._file = bytearray()  # that, and what has come of the next part
        self._kinds: set[bytes] = set()  # of the boxes in it
        self._left_out = 0  # bytes between the two
        self._codec: Codec | None = None
        self._without_sound = 0  # parts in a row

    def decode(self, data: bytes) -> Iterator[Samples]:
        self._buffer += data
        for kind, box in self._boxes():
            if kind == b"ftyp":
                self._begin()
            self._add(kind, box)
            if {b"moov", b"mdat"} <= self._kinds:
                yield from self._read_part()

    def _boxes(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield each whole box: its kind, and all of its bytes."""
        while len(self._buffer) >= _BOX.size:
            size, kind = _BOX.unpack_from(self._buffer)
            if size == 1:
                if len(self._buffer) < _LONG.size:
                    return
                size = _LONG.unpack_from(self._buffer)[2]
            if not _BOX.size <= size <= LARGEST_PART:
                raise DecodeError(f"the MP4 file has a box {kind!r} of {size} bytes")
            if len(self._buffer) < size:
                return
            box = bytes(self._buffer[:size])
            del self._buffer[:size]
            yield kind, box

    def _add(self, kind: bytes, box: bytes) -> None:
        self._file += _moved(box, self._left_out) if kind == b"moof" else box
        self._kinds.add(kind)
        if len(self._file) > 2 * LARGEST_PART:
            raise DecodeError(f"{len(self._file)} bytes of the MP4 file bring no sound")
        if kind == b"moov" and b"mvex" in box:
            self._head = bytes(self._file)

    def _read_part(self) -> Iterator[Samples]:
        packets = self._read_packets()
        self._without_sound = 0 if packets else self._without_sound + 1
        if self._without_sound > _MOST_WITHOUT_SOUND:
            raise DecodeError(f"{self._without_sound} parts of the MP4 file bring no sound")
        self._left_out += len(self._file) - len(self._head)
        self._file = bytearray(self._head)
        self._kinds = {b"moov"} if self._head else set()
        for packet in packets:
            assert self._codec is not None
            yield from self._codec.decode(packet)

    def _read_packets(self) -> list[bytes]:
        try:
            file = BytesIO(self._file)
            with self._av.open(file, format="mp4", metadata_errors="replace") as container:
                stream = next(iter(container.streams.audio), None)
                if stream is None or stream.codec_context is None:
                    raise DecodeError("the MP4 file has no sound of a known codec")
                if self._codec is None:
                    context = stream.codec_context
                    self._codec = Codec(
                        context.codec.name,
                        context.extradata or b"",
                        context.sample_rate,
                        context.channels,
                    )
                return [bytes(packet) for packet in container.demux(stream) if packet.size]
        except self._av.error.FFmpegError as error:
            raise DecodeError(f"the MP4 file is damaged: {error}") from None


def _moved(moof: bytes, by: int) -> bytes:
    """Return a fragment's box with offsets that are right if it stands so many bytes earlier."""
    moved = bytearray(moof)
    for kind, begin, end in _inside(moof, _BOX.size, len(moof)):
        if kind != b"traf":
            continue
        for inner, at, _ in _inside(moof, begin, end):
            if inner == b"tfhd" and moof[at + 3] & _BASE_IS_GIVEN:
                base = int.from_bytes(moof[at + 8 : at + 16]) - by
                moved[at + 8 : at + 16] = max(0, base).to_bytes(8)
    return bytes(moved)


def _inside(box: bytes, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each box between two places, and where its content begins and ends."""
    while begin + _BOX.size <= end:
        size, kind = _BOX.unpack_from(box, begin)
        if size < _BOX.size or begin + size > end:
            raise DecodeError(f"the MP4 file is damaged: a box {kind!r} of {size} bytes")
        yield kind, begin + _BOX.size, begin + size
        begin += size
