"""Decodes Ogg files, as Firefox records them."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from emulator.audio.decoding.codec import RATE, Codec, load_av
from emulator.audio.decoding.decoder import LARGEST_PART, DecodeError, Samples

_PAGE = struct.Struct("<4sBBqIIIB")  # the beginning of each page
_MAGIC = b"OggS"
_CONTINUED, _FIRST = 0x01, 0x02  # a page's flags: it continues a packet; it begins a stream
_MOST_HEADERS = 1_000
_FULL = 255  # a segment of this many bytes is not the last one of its packet


@dataclass(frozen=True, slots=True)
class _Kind:
    """A codec: how its streams begin, which packets are headers, and its extradata."""

    codec: str
    begins: bytes
    is_header: Callable[[bytes], bool]
    extradata: Callable[[list[bytes]], bytes]


def _laced(packets: list[bytes]) -> bytes:
    """Join Vorbis' three headers, preceded by the lengths of the first two."""
    lengths = b"".join(
        _FULL.to_bytes() * (len(p) // _FULL) + bytes([len(p) % _FULL]) for p in packets[:2]
    )
    return bytes([2]) + lengths + b"".join(packets)


_KINDS = (
    _Kind("opus", b"OpusHead", lambda packet: packet.startswith(b"Opus"), lambda heads: heads[0]),
    _Kind("vorbis", b"\x01vorbis", lambda packet: packet[0] & 1 == 1, _laced),
    _Kind("flac", b"\x7fFLAC", lambda packet: packet[0] != 0xFF, lambda heads: heads[0][17:51]),
)


class OggDecoder:
    """Reads the first stream with sound. A stream after it is another recording."""

    sample_rate = RATE

    def __init__(self) -> None:
        load_av()
        self._buffer = bytearray()
        self._kind: _Kind | None = None
        self._serial: int | None = None  # the number of the stream that is heard
        self._headers: list[bytes] = []
        self._codec: Codec | None = None
        self._packet = bytearray()  # the beginning of a packet that the next page continues

    def decode(self, data: bytes) -> Iterator[Samples]:
        self._buffer += data
        for flags, serial, segments in self._pages():
            for packet in self._packets(flags, serial, segments):
                yield from self._read_packet(packet)

    def _pages(self) -> Iterator[tuple[int, int, list[bytes]]]:
        """Yield the flags, the serial number and the segments of each whole page."""
        while len(self._buffer) >= _PAGE.size:
            magic, _, flags, _, serial, _, _, count = _PAGE.unpack_from(self._buffer)
            if magic != _MAGIC:
                raise DecodeError("the Ogg file is damaged: a page must begin with OggS")
            begin = _PAGE.size + count
            lengths = self._buffer[_PAGE.size : begin]
            end = begin + sum(lengths)
            if len(self._buffer) < end or len(lengths) < count:
                return
            segments = []
            for length in lengths:
                segments.append(bytes(self._buffer[begin : begin + length]))
                begin += length
            del self._buffer[:end]
            yield flags, serial, segments

    def _packets(self, flags: int, serial: int, segments: list[bytes]) -> Iterator[bytes]:
        """Yield the packets that end in the page and belong to the stream that is heard."""
        if flags & _FIRST:
            self._begin_stream(serial, segments)
        elif self._kind is None:
            raise DecodeError("the Ogg file has no sound of a known codec: Opus, Vorbis or FLAC")
        if serial != self._serial:
            return
        if not flags & _CONTINUED:
            self._packet.clear()
        for segment in segments:
            self._packet += segment
            if len(segment) < _FULL:
                yield bytes(self._packet)
                self._packet.clear()
        if len(self._packet) > LARGEST_PART:
            raise DecodeError(f"the Ogg file has a packet of more than {LARGEST_PART} bytes")

    def _begin_stream(self, serial: int, segments: list[bytes]) -> None:
        """Hear the stream if its codec is known, and no other stream has just begun."""
        if self._kind is not None and self._codec is None:
            return
        first = b"".join(segments)
        self._kind = next((kind for kind in _KINDS if first.startswith(kind.begins)), None)
        self._serial, self._headers, self._codec = serial, [], None

    def _read_packet(self, packet: bytes) -> Iterator[Samples]:
        if not packet or self._kind is None:
            return
        if self._kind.is_header(packet):
            if self._codec is None:
                self._headers.append(packet)
                self._check_headers()
            return
        if not self._headers:
            raise DecodeError("the Ogg file is damaged: its sound comes before its headers")
        if self._codec is None:
            self._codec = Codec(self._kind.codec, self._kind.extradata(self._headers))
        yield from self._codec.decode(packet)

    def _check_headers(self) -> None:
        if len(self._headers) > _MOST_HEADERS or sum(map(len, self._headers)) > LARGEST_PART:
            raise DecodeError("the Ogg file is damaged: its headers have no end")
