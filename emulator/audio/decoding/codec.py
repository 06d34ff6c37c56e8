"""Decodes compressed sound with FFmpeg's codecs, through the package `av`."""

import logging
from array import array
from collections.abc import Iterator
from functools import cache
from typing import Any

from emulator.audio.decoding.decoder import (
    DECODER_MISSING,
    DecodeError,
    DecoderMissingError,
    Samples,
)
from emulator.audio.decoding.pcm import SAMPLE_RATES

logger = logging.getLogger("emulator")

RATE = 48_000  # Hz, of all decoded samples
_MOST_AT_ONCE = 65_536  # bytes of a stream that are cut into packets at a time


def load_av() -> Any:
    """Import the package when audio first needs it. Raises DecoderMissingError without it."""
    try:
        import av  # an extra, which few install
    except ImportError:
        _warn()
        raise DecoderMissingError("the package av is not installed") from None
    return av


@cache
def _warn() -> None:
    """Log once that the decoder is missing, and how to install it."""
    logger.warning("%s", DECODER_MISSING)


class Codec:
    """Decodes the packets of one stream. `extradata` describes the codec, as its container does.

    Codecs for PCM need the `rate` (Hz) and the number of `channels`; others find these themselves.
    """

    def __init__(self, name: str, extradata: bytes = b"", rate: int = 0, channels: int = 0) -> None:
        self._av = load_av()
        self._context = self._av.CodecContext.create(name, "r")
        self._layout: object = None  # the resampler's own
        self._resampler: Any = None
        try:
            if extradata:
                self._context.extradata = extradata
            if rate and channels:
                self._context.sample_rate = rate
                self._context.layout = f"{channels} channels"
        except (ValueError, OverflowError) as error:
            raise DecodeError(f"{name} of {rate} Hz and {channels} channels: {error}") from None

    def decode(self, packet: bytes) -> Iterator[Samples]:
        """Decode a whole packet. Raises DecodeError."""
        return self._decode([self._av.Packet(packet)])

    def parse(self, data: bytes) -> Iterator[Samples]:
        """Decode a stream without a container; the codec cuts it into packets itself."""
        for begin in range(0, len(data), _MOST_AT_ONCE):
            yield from self._decode(self._context.parse(data[begin : begin + _MOST_AT_ONCE]))

    def _decode(self, packets: list[Any]) -> Iterator[Samples]:
        try:
            for packet in packets:
                for frame in self._context.decode(packet):
                    yield self._resample(frame)
        except (ValueError, self._av.error.FFmpegError) as error:
            raise DecodeError(f"{self._context.name}: {error}") from None

    def _resample(self, frame: Any) -> Samples:
        """Return the samples of a frame. A stream may change its rate or its channels."""
        layout = (frame.format.name, frame.layout.name, frame.sample_rate)
        if layout != self._layout:
            if not SAMPLE_RATES[0] <= frame.sample_rate <= SAMPLE_RATES[1]:
                # A lower rate would make many samples of few bytes.
                raise DecodeError(f"{self._context.name} of {frame.sample_rate} Hz")
            self._layout = layout
            self._resampler = self._av.AudioResampler("s16", "mono", RATE)
        samples = array("h")
        for resampled in self._resampler.resample(frame):
            samples.frombytes(memoryview(resampled.planes[0])[: 2 * resampled.samples])
        return samples
