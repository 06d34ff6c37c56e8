"""A recording as PCM of 48 kHz, mono."""

from array import array
from collections.abc import Iterator

from emulator.audio.conversion import container_decoder
from emulator.audio.decoding.decoder import Samples
from emulator.audio.timbre import SAMPLE_RATE

_MOST_AT_ONCE = 65_536  # bytes of a file that are decoded at a time


def pcm_of(data: bytes, most_seconds: int) -> bytes | None:
    """Return the PCM of a file, or None if it lasts longer than `most_seconds`.

    Raises DecodeError, or DecoderMissingError if the package that decodes it is missing.
    """
    pcm = bytearray()
    for samples, rate in _decoded(data):
        pcm += _resampled(samples, rate).tobytes()
        if len(pcm) > most_seconds * SAMPLE_RATE * samples.itemsize:
            return None
    return bytes(pcm)


def _decoded(data: bytes) -> Iterator[tuple[Samples, int]]:
    """Yield the samples of a file, each time with their rate (Hz)."""
    decoder = container_decoder(data)
    for begin in range(0, len(data), _MOST_AT_ONCE):
        for samples in decoder.decode(data[begin : begin + _MOST_AT_ONCE]):
            yield samples, decoder.sample_rate


def _resampled(samples: Samples, rate: int) -> Samples:
    """Return the samples at 48 kHz: each is the one that is nearest in time."""
    if rate == SAMPLE_RATE:
        return samples
    count = len(samples) * SAMPLE_RATE // rate
    return array("h", [samples[at * rate // SAMPLE_RATE] for at in range(count)])
