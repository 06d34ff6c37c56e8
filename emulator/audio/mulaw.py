"""The sound of a telephone line: mu-law at 8 kHz (ITU-T G.711), to and from 16-bit mono PCM."""

from array import array
from collections.abc import Iterator
from functools import lru_cache

RATE = 8_000  # Hz; a sample is a byte
SILENCE = 0xFF  # the byte that stands for 0
_BIAS, _CODES, _HIGHEST = 132, 128, 32_767
_KEPT = 64  # pieces of sound, each of about a second


def _segments() -> Iterator[tuple[int, int, int]]:
    """Yield each magnitude's code: its number, the lowest sample that has it, and their count."""
    for number in range(_CODES):
        exponent, mantissa = divmod(number, 16)
        width = 8 << exponent
        yield number, (16 + mantissa) * width - _BIAS, width


def _encode_table() -> bytes:
    """Return the code of each 16-bit sample; a negative sample counts from the table's end."""
    magnitudes = b"".join(bytes([number]) * width for number, _, width in _segments())[4:]
    magnitudes += bytes([_CODES - 1]) * (_HIGHEST + 2 - len(magnitudes))
    positive = magnitudes[: _HIGHEST + 1].translate(_INVERTED)
    negative = magnitudes[1:].translate(_INVERTED_WITH_SIGN)
    return positive + negative[::-1]


def _decode_tables() -> tuple[bytes, bytes]:
    """Return the low and the high byte of each code's sample."""
    samples = [0] * 256
    for number, lowest, width in _segments():
        middle = lowest + width // 2
        samples[255 - number], samples[127 - number] = middle, -middle
    pcm = array("h", samples).tobytes()
    return pcm[::2], pcm[1::2]


_INVERTED = bytes(0xFF - code % _CODES for code in range(256))
_INVERTED_WITH_SIGN = bytes(0x7F - code % _CODES for code in range(256))
_ENCODED = _encode_table()
_LOW, _HIGH = _decode_tables()


def encode(pcm: bytes) -> bytes:
    """Return little-endian 16-bit PCM of 8 kHz as mu-law, a byte for each sample."""
    return bytes(map(_ENCODED.__getitem__, array("h", pcm)))


def decode(sound: bytes) -> bytes:
    """Return mu-law as little-endian 16-bit PCM of the same rate."""
    pcm = bytearray(2 * len(sound))
    pcm[::2], pcm[1::2] = sound.translate(_LOW), sound.translate(_HIGH)
    return bytes(pcm)


@lru_cache(maxsize=_KEPT)
def from_pcm(pcm: bytes, sample_rate: int) -> bytes:
    """Return PCM of any rate (Hz) as mu-law of 8 kHz, of the same length within a sample."""
    return encode(_at_line_rate(array("h", pcm), sample_rate).tobytes())


def _at_line_rate(samples: "array[int]", sample_rate: int) -> "array[int]":
    """Return samples of 8 kHz, each the mean of the given samples that lie in its time."""
    factor, rest = divmod(sample_rate, RATE)
    if factor == 1 and not rest:
        return samples
    if factor and not rest:
        whole = len(samples) // factor * factor
        parts = zip(*(samples[at:whole:factor] for at in range(factor)), strict=True)
        return array("h", (sum(part) // factor for part in parts))
    count = len(samples) * RATE // sample_rate
    edges = [number * sample_rate // RATE for number in range(count + 1)]
    means = (
        _mean(samples[edges[n] : edges[n + 1]] or samples[edges[n] :][:1]) for n in range(count)
    )
    return array("h", means)


def _mean(part: "array[int]") -> int:
    return sum(part) // len(part)
