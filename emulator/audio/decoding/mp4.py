"""Decodes MP4 as Safari records it: fragments of a few frames each, or a whole file."""

import re
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from emulator.audio.decoding.codec import RATE, Codec, load_av
from emulator.audio.decoding.decoder import LARGEST_PART, DecodeError, Samples

_BOX = struct.Struct(">I4s")  # a box's size, including this header, and its kind
_LONG = struct.Struct(">I4sQ")  # with a size of 1, the real size follows
_MOST_WITHOUT_SOUND = 1_000  # parts in a row, such as those of a video track; each takes time
_BASE_IS_GIVEN = 0x01  # a flag of tfhd: offsets count from a place in the file, not from moof
_TFHD = 16  # bytes in its content, if it names a place in the file
# FFmpeg makes an entry for each sample that a table announces, whether its bytes exist or not.
_MOST_SAMPLES = 1 << 21  # in one part; each entry takes about 36 bytes
_MOST_IN_CHUNKS = 1 << 27  # for these FFmpeg makes one entry for 1,024 samples
_MOST_PACKETS = 100_000  # in one part: 30 minutes, at about 20 ms each
_TABLE = re.compile(b"stsz|trun|stsc|stco|co64|cmov")  # wherever FFmpeg would read them
_CHUNKS_ENTRY = 12  # bytes of one entry of stsc


class Mp4Decoder:
    """Collects boxes until a part of the recording is whole; `av` finds the packets in it.

    A fragment is read as if it directly followed the description of the tracks (`moov`).
    """

    sample_rate = RATE

    def __init__(self) -> None:
        self._av = load_av()
        self._buffer = bytearray()
        self._begin()

    def _begin(self) -> None:
        """Begin another recording."""
        self._head = b""  # the file up to the description of the tracks, if fragments follow
        self._file = bytearray()  # the head, and what has come of the next part
        self._kinds: set[bytes] = set()  # the kinds of its boxes
        self._samples = 0  # announced by its tables
        self._left_out = 0  # bytes between the head and the part
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
        if kind != b"mdat":
            self._samples += _announced_samples(box)
        if self._samples > _MOST_SAMPLES:
            raise DecodeError(f"the MP4 file announces {self._samples} samples at once")
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
        self._samples = 0
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
                return self._demux(container, stream)
        except self._av.error.FFmpegError as error:
            raise DecodeError(f"the MP4 file is damaged: {error}") from None

    def _demux(self, container: Any, stream: Any) -> list[bytes]:
        """Return the packets of the stream, which may not overlap: few bytes would become many."""
        packets, size = list[bytes](), 0
        for packet in container.demux(stream):
            size += packet.size
            if size > len(self._file) or len(packets) >= _MOST_PACKETS:
                raise DecodeError(
                    "the MP4 file is damaged: it has more packets than bytes for them"
                )
            if packet.size:
                packets.append(bytes(packet))
        return packets


def _announced_samples(box: bytes) -> int:
    """Return how many samples the tables announce. Raises DecodeError if there are too many."""
    samples = in_chunk = chunks = 0
    for table in _TABLE.finditer(box):
        kind, content = table[0], box[table.end() : table.end() + 12]
        if kind == b"cmov":
            raise DecodeError("the MP4 file's description is compressed")
        count = int.from_bytes(content[8:12] if kind == b"stsz" else content[4:8])
        if kind in (b"stsz", b"trun"):
            samples += count
        elif kind == b"stsc":
            in_chunk = max(in_chunk, _most_in_chunk(box[table.end() + 8 :], count))
        else:
            chunks += count
    if in_chunk * chunks > _MOST_IN_CHUNKS:
        raise DecodeError(f"the MP4 file announces {chunks} chunks of {in_chunk} samples")
    return samples


def _most_in_chunk(entries: bytes, count: int) -> int:
    """Return the largest number of samples in a chunk, by the entries of a stsc."""
    whole = min(count, len(entries) // _CHUNKS_ENTRY)
    return max(struct.unpack_from(f">{3 * whole}I", entries)[1::3], default=0)


def _moved(moof: bytes, by: int) -> bytes:
    """Return a fragment's box with its offsets corrected for a place so many bytes earlier."""
    moved = bytearray(moof)
    for kind, begin, end in _inside(moof, _BOX.size, len(moof)):
        if kind != b"traf":
            continue
        for inner, at, inner_end in _inside(moof, begin, end):
            if inner == b"tfhd" and inner_end >= at + _TFHD and moof[at + 3] & _BASE_IS_GIVEN:
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
