"""Raw PCM."""

from array import array
from collections.abc import Iterator

from emulator.audio.decoding.decoder import Samples

DEFAULT_RATE = 48_000  # Hz, of raw PCM that no settings describe


class PcmDecoder:
    """Reads little-endian 16-bit PCM. Of several channels the first one counts."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.sample_rate = sample_rate
        self._channels = channels
        self._rest = b""

    def decode(self, data: bytes) -> Iterator[Samples]:
        data = self._rest + data
        whole = len(data) - len(data) % (2 * self._channels)
        self._rest = data[whole:]
        yield array("h", data[:whole])[:: self._channels]
