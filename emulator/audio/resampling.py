"""Turns sound of 22,050 Hz into sound of 48 kHz, by linear interpolation.

147 samples become 320. The samples at the same place of each such block are computed together: as
the lanes of one long integer, which takes a third of the time that a loop over samples takes.
"""

from array import array
from collections.abc import Iterator

from emulator.audio.timbre import SAMPLE_RATE

ENGINE_RATE = 22_050  # Hz
_TAKEN, _MADE = 147, 320  # samples of a block, before and after
_OFFSET = 1 << 15  # makes a sample positive
_LANE = 4  # bytes
_SIGNS = bytes(byte ^ 0x80 for byte in range(256))  # takes the offset away from a high byte


def _places() -> Iterator[tuple[int, int, int]]:
    """Yield, for each sample of a block, those it lies between and how near the second is.

    The latter is in 256ths, so that the result needs no division: it is the lane's middle bytes.
    """
    for made in range(_MADE):
        first, part = divmod(made * _TAKEN, _MADE)
        yield made, first, round(part * 256 / _MADE)


_PLACES = tuple(_places())


def resampled_length(samples: int) -> int:
    """Return how many samples of 48 kHz so many of 22,050 Hz become."""
    return -(-samples * SAMPLE_RATE // ENGINE_RATE)


def resampled(pcm: bytes) -> Iterator[bytes]:
    """Yield PCM of 48 kHz for PCM of 22,050 Hz, a second at a time."""
    samples = array("h", pcm)
    for begin in range(0, len(samples), ENGINE_RATE):
        part = samples[begin : begin + ENGINE_RATE + 1]
        length = min(ENGINE_RATE, len(samples) - begin)
        blocks = -(-length // _TAKEN)
        part.extend(array("h", [part[-1]]) * (blocks * _TAKEN + 1 - len(part)))
        yield _interpolated(part, blocks)[: 2 * resampled_length(length)]


def _interpolated(samples: "array[int]", blocks: int) -> bytes:
    """Return so many blocks of sound; of the samples there is one more than they need."""
    lanes = array("I", [sample + _OFFSET for sample in samples])
    sides = [
        int.from_bytes(lanes[at : at + (blocks - 1) * _TAKEN + 1 : _TAKEN].tobytes(), "little")
        for at in range(_TAKEN + 1)
    ]
    made = bytearray(2 * _MADE * blocks)
    for at, first, nearness in _PLACES:
        between = sides[first] * (256 - nearness) + sides[first + 1] * nearness
        wide = between.to_bytes(_LANE * blocks, "little")
        made[2 * at :: 2 * _MADE] = wide[1::_LANE]
        made[2 * at + 1 :: 2 * _MADE] = wide[2::_LANE].translate(_SIGNS)
    return bytes(made)
