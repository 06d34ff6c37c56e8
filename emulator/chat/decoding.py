"""Audio from clients as PCM: raw, WAV, or webm with Opus (PROTOCOL 6.8).

A container is recognised by its first bytes; anything else is raw 16-bit PCM.
"""

import struct
from array import array
from collections.abc import Iterator
from typing import Any, Protocol

from emulator.chat.messages import MOST_CHANNELS, SAMPLE_RATES, AudioSettings

_EBML = b"\x1a\x45\xdf\xa3"
_LARGEST_ELEMENT = 1 << 24  # bytes, of one part of a file
_OPUS_RATE = 48_000
DEFAULT_RATE = 48_000  # Hz, of raw PCM that no settings describe


class DecodeError(ValueError):
    """The audio can't be understood; `slug` names the error frame that says so."""

    def __init__(self, slug: str, what: str = "") -> None:
        super().__init__(what)
        self.slug = slug


class Decoder(Protocol):
    """Turns a stream of bytes, in pieces of any size, into 16-bit mono samples."""

    sample_rate: int

    def decode(self, data: bytes) -> array: ...  # type: ignore[type-arg]


def new_decoder(first: bytes, settings: AudioSettings | None) -> Decoder:
    """For a stream that begins with these bytes. Raises DecodeError for an unknown container."""
    if first.startswith(b"RIFF"):
        return WavDecoder()
    if first.startswith(_EBML):
        return WebmDecoder()
    if first[4:8] == b"ftyp" or first.startswith((b"OggS", b"ID3", b"fLaC")):
        raise DecodeError("audio_undecodable", "mp4, Ogg, MP3 or FLAC")
    if settings is None:
        return PcmDecoder(DEFAULT_RATE, 1)
    return PcmDecoder(settings.sample_rate, settings.channels)


class PcmDecoder:
    """Raw little-endian 16-bit PCM."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate = sample_rate
        self._channels = channels
        self._rest = b""

    def decode(self, data: bytes) -> array:  # type: ignore[type-arg]
        data = self._rest + data
        whole = len(data) - len(data) % (2 * self._channels)
        self._rest = data[whole:]
        samples = array("h", data[:whole])
        return samples[:: self._channels]  # the first channel


class WavDecoder:
    """A WAV file: the header, then its PCM. A further header within the stream is another file."""

    def __init__(self) -> None:
        self.sample_rate = DEFAULT_RATE
        self._header = b""
        self._channels = 0  # not known yet
        self._pcm: PcmDecoder | None = None

    def decode(self, data: bytes) -> array:  # type: ignore[type-arg]
        if self._pcm is not None and data.startswith(b"RIFF"):
            self._header, self._channels, self._pcm = b"", 0, None
        if self._pcm is not None:
            return self._pcm.decode(data)
        self._header += data
        begin = self._read_header()
        if begin is None:
            return array("h")
        if not self._channels:
            raise DecodeError("transcription_failure")
        self._pcm = PcmDecoder(self.sample_rate, self._channels)
        return self._pcm.decode(self._header[begin:])

    def _read_header(self) -> int | None:
        """Where the samples begin, once that much is there."""
        position = 12
        while position + 8 <= len(self._header):
            kind, size = struct.unpack_from("<4sI", self._header, position)
            if kind == b"data":
                return position + 8
            if size > _LARGEST_ELEMENT:
                raise DecodeError("transcription_failure")
            if position + 8 + size > len(self._header):
                return None
            if kind == b"fmt ":
                self._read_format(self._header[position + 8 : position + 8 + size])
            position += 8 + size + size % 2
        return None

    def _read_format(self, content: bytes) -> None:
        if len(content) < 16:
            raise DecodeError("transcription_failure")
        encoding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content)
        known = encoding in (1, 0xFFFE) and bits == 16
        bounded = 1 <= channels <= MOST_CHANNELS and SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]
        if not known or not bounded:
            raise DecodeError("transcription_failure")
        self.sample_rate, self._channels = rate, channels


# The elements of webm (Matroska) that lead to the sound, and their ids.
_CONTAINERS = {
    0x18538067: "Segment",
    0x1654AE6B: "Tracks",
    0xAE: "TrackEntry",
    0x1F43B675: "Cluster",
    0xA0: "BlockGroup",
}
_CODEC_ID, _CODEC_PRIVATE, _SIMPLE_BLOCK, _BLOCK = 0x86, 0x63A2, 0xA3, 0xA1


class WebmDecoder:
    """A webm stream with Opus, as browsers record it. Needs the package `av`."""

    sample_rate = _OPUS_RATE

    def __init__(self) -> None:
        try:
            import av
        except ImportError:
            raise DecodeError("webm_decoder_missing") from None
        self._av: Any = av
        self._codec: Any = None
        self._resampler = av.AudioResampler("s16", "mono", _OPUS_RATE)
        self._buffer = b""

    def decode(self, data: bytes) -> array:  # type: ignore[type-arg]
        try:
            return self._decode(data)
        except DecodeError:
            raise
        except (IndexError, ValueError, self._av.error.FFmpegError):
            raise DecodeError("transcription_failure") from None

    def _decode(self, data: bytes) -> array:  # type: ignore[type-arg]
        self._buffer += data
        samples = array("h")
        for id, content in self._elements():
            if id == _CODEC_ID and content != b"A_OPUS":
                raise DecodeError("audio_undecodable", content.decode("latin-1"))
            if id == _CODEC_PRIVATE:
                self._codec = self._av.CodecContext.create("opus", "r")
                self._codec.extradata = content
            elif id in (_SIMPLE_BLOCK, _BLOCK) and self._codec is not None:
                samples.extend(self._decode_block(content))
        return samples

    def _decode_block(self, block: bytes) -> Iterator[int]:
        _, length = _vint(block, 0, keep_marker=False)
        packet = self._av.Packet(block[length + 3 :])  # after track, time and flags
        for frame in self._codec.decode(packet):
            for resampled in self._resampler.resample(frame):
                yield from array("h", bytes(resampled.planes[0])[: resampled.samples * 2])

    def _elements(self) -> Iterator[tuple[int, bytes]]:
        """The complete elements at the buffer's beginning, which they leave; containers open up."""
        position = 0
        while True:
            try:
                id, id_length = _vint(self._buffer, position, keep_marker=True)
                size, size_length = _vint(self._buffer, position + id_length, keep_marker=False)
            except IndexError:
                break
            begin = position + id_length + size_length
            if id in _CONTAINERS:
                position = begin
                continue
            if size > _LARGEST_ELEMENT:
                raise DecodeError("transcription_failure")
            if begin + size > len(self._buffer):
                break
            yield id, self._buffer[begin : begin + size]
            position = begin + size
        self._buffer = self._buffer[position:]


def _vint(data: bytes, position: int, keep_marker: bool) -> tuple[int, int]:
    """A variable-length number of EBML and its length. Raises IndexError where it is cut off."""
    first = data[position]
    length = 9 - first.bit_length()
    if length > 8 or position + length > len(data):
        if length > 8:
            raise DecodeError("transcription_failure")
        raise IndexError
    value = first if keep_marker else first & (0xFF >> length)
    for byte in data[position + 1 : position + length]:
        value = value << 8 | byte
    return value, length
