"""Decodes WAV files."""

import struct
from collections.abc import Iterator

from emulator.audio.decoding.decoder import LARGEST_PART, DecodeError, Samples
from emulator.audio.decoding.pcm import DEFAULT_RATE, MOST_CHANNELS, SAMPLE_RATES, PcmDecoder

_RIFF, _WAVE = b"RIFF", b"WAVE"
_BEGINNING = 12  # bytes: RIFF, a size, WAVE
_CHUNK = struct.Struct("<4sI")  # the beginning of each chunk: its kind, and the size of the rest
_PCM, _EXTENSIBLE = 1, 0xFFFE  # the formats that are 16-bit PCM


class WavDecoder:
    """Reads a WAV file: its header, then its PCM. A header inside the PCM begins another file."""

    def __init__(self) -> None:
        self.sample_rate = DEFAULT_RATE
        self._buffer = bytearray()  # bytes that are not decoded yet
        self._header_size = 0  # bytes read of a header whose end has not come yet
        self._layout: tuple[int, int] | None = None  # its sample rate and channels
        self._pcm: PcmDecoder | None = None  # once the header is read

    def decode(self, data: bytes) -> Iterator[Samples]:
        self._buffer += data
        is_next = True
        while is_next and (self._pcm is not None or self._read_header()):
            assert self._pcm is not None
            end, is_next = self._find_next_file()
            yield from self._pcm.decode(bytes(self._buffer[:end]))
            del self._buffer[:end]
            if is_next:
                self._pcm = None

    def _find_next_file(self) -> tuple[int, bool]:
        """Return where the PCM ends, and whether another file surely begins there.

        Bytes that may begin another file are left for later.
        """
        at = -1
        while (at := self._buffer.find(_RIFF, at + 1)) >= 0:
            if at + _BEGINNING > len(self._buffer):
                return at, False
            if self._buffer[at + 8 : at + _BEGINNING] == _WAVE:
                return at, True
        held = next((n for n in (3, 2, 1) if self._buffer.endswith(_RIFF[:n])), 0)
        return len(self._buffer) - held, False

    def _read_header(self) -> bool:
        """Take the header, as far as it has come, out of the buffer; True at its end."""
        if not self._header_size:
            if len(self._buffer) < _BEGINNING:
                return False
            if self._buffer[8:_BEGINNING] != _WAVE:
                raise DecodeError("the file begins with RIFF, but is not WAV")
            self._take_of_header(_BEGINNING)
        while len(self._buffer) >= _CHUNK.size:
            kind, size = _CHUNK.unpack_from(self._buffer)
            if kind == b"data":
                self._take_of_header(_CHUNK.size)
                self._begin_pcm()
                return True
            if size > LARGEST_PART:
                raise DecodeError(f"the WAV header has a chunk of {size} bytes")
            end = _CHUNK.size + size + size % 2
            if len(self._buffer) < end:
                return False
            if kind == b"fmt ":
                self._layout = _read_layout(bytes(self._buffer[_CHUNK.size : _CHUNK.size + size]))
            self._take_of_header(end)
        return False

    def _take_of_header(self, size: int) -> None:
        """Take so many bytes out of the buffer. Raises DecodeError for a header without an end."""
        del self._buffer[:size]
        self._header_size += size
        if self._header_size > LARGEST_PART:
            raise DecodeError(f"the WAV header has no end within {LARGEST_PART} bytes")

    def _begin_pcm(self) -> None:
        if self._layout is None:
            raise DecodeError("the WAV header does not say in which format the samples are")
        self.sample_rate, channels = self._layout
        self._pcm = PcmDecoder(self.sample_rate, channels)
        self._layout, self._header_size = None, 0  # for another file


def _read_layout(chunk: bytes) -> tuple[int, int]:
    """Return the sample rate and the channels that a format chunk names."""
    if len(chunk) < 16:
        raise DecodeError(f"the WAV header's format has {len(chunk)} bytes, not 16 or more")
    encoding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if encoding not in (_PCM, _EXTENSIBLE) or bits != 16:
        raise DecodeError(
            f"the WAV file has {bits}-bit samples of format {encoding}, not 16-bit PCM"
        )
    if not 1 <= channels <= MOST_CHANNELS:
        raise DecodeError(f"the WAV file has {channels} channels, not 1 to {MOST_CHANNELS}")
    if not SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]:
        raise DecodeError(f"the WAV file has {rate} samples a second")
    return rate, channels
