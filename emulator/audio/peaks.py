"""Finds out whether 16-bit PCM is loud anywhere.

The high byte of a sample is mostly enough, and bytes are looked through far faster than samples.
"""

from array import array
from functools import lru_cache

_KEPT = 64  # peaks: a config chooses its own


class LoudPart:
    """Looks for samples that reach a peak (of 32767), whatever their sign."""

    def __init__(self, peak: int) -> None:
        self._peak = peak
        lowest = [(byte, (byte ^ 128) * 256 - 32_768) for byte in range(256)]
        self._quiet = bytes(byte for byte, low in lowest if -peak < low and low + 255 < peak)
        self._unclear = bytes(byte for byte, low in lowest if -peak - 255 < low < peak)

    def is_in(self, samples: "array[int]") -> bool:
        """True if any of the samples reaches the peak."""
        high_bytes = samples.tobytes()[1::2]
        if not high_bytes.translate(None, self._quiet):
            return False
        if high_bytes.translate(None, self._unclear):
            return True
        return max(samples) >= self._peak or min(samples) <= -self._peak


@lru_cache(maxsize=_KEPT)
def loud_part(peak: int) -> LoudPart:
    """Return what looks for a peak; chats share it."""
    return LoudPart(peak)
