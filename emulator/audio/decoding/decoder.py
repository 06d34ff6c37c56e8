"""The interface of a decoder: it takes bytes and yields samples."""

from array import array
from collections.abc import Iterator
from typing import Protocol, TypeAlias

Samples: TypeAlias = "array[int]"  # 16 bit, mono

LARGEST_PART = 1 << 24  # bytes in one part of a file


DECODER_MISSING = (
    "The emulator can't hear this audio, since it lacks a decoder (the service has one). "
    "To install it where the emulator runs: pip install 'evi-emulator[audio]'."
)


class DecodeError(ValueError):
    """The audio cannot be decoded; the message says why."""


class DecoderMissingError(DecodeError):
    """The audio may be good, but the package that decodes it is not installed."""


class Decoder(Protocol):
    """Turns a stream of bytes, in pieces of any size, into samples. Raises DecodeError.

    Samples come bit by bit, since few bytes may hold hours of silence. `sample_rate` (Hz) is that
    of the latest samples.
    """

    sample_rate: int

    def decode(self, data: bytes) -> Iterator[Samples]: ...
