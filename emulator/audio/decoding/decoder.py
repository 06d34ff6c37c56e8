"""The interface of a decoder: it takes bytes and yields samples."""

from array import array
from collections.abc import Iterator
from typing import Protocol, TypeAlias

Samples: TypeAlias = "array[int]"  # 16 bit, mono

LARGEST_PART = 1 << 24  # bytes in one part of a file


class DecodeError(ValueError):
    """The audio cannot be decoded; the message says why, `slug` names the error frame."""

    def __init__(self, why: str, slug: str = "transcription_failure") -> None:
        super().__init__(why)
        self.slug = slug


class Decoder(Protocol):
    """Turns a stream of bytes, in pieces of any size, into samples. Raises DecodeError.

    Samples come bit by bit, since few bytes may hold hours of silence. `sample_rate` (Hz) is that
    of the latest samples.
    """

    sample_rate: int

    def decode(self, data: bytes) -> Iterator[Samples]: ...
