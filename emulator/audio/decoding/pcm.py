"""Decodes raw PCM."""

from array import array
from collections.abc import Iterator
from typing import Protocol

from emulator.audio.decoding.decoder import Samples

DEFAULT_RATE = 48_000  # Hz, for raw PCM that no settings describe
SAMPLE_RATES = (4_000, 384_000)  # Hz, the lowest and the highest that are decoded
MOST_CHANNELS = 16


class PcmFormat(Protocol):
    """The layout of raw PCM, as a client describes it: `sample_rate` in Hz."""

    @property
    def sample_rate(self) -> int: ...

    @property
    def channels(self) -> int: ...


class PcmDecoder:
    """Reads little-endian 16-bit PCM. Only the first channel counts."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate = sample_rate
        self._channels = channels
        self._rest = b""

    def decode(self, data: bytes) -> Iterator[Samples]:
        data = self._rest + data if self._rest else data
        whole = len(data) - len(data) % (2 * self._channels)
        self._rest = data[whole:]
        samples = array("h", data[:whole])
        yield samples if self._channels == 1 else samples[:: self._channels]
