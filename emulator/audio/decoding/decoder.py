"""The interface of a decoder: bytes in, samples out."""

from array import array
from collections.abc import Iterator
from typing import Protocol, TypeAlias

Samples: TypeAlias = "array[int]"  # 16 bit, mono

LARGEST_PART = 1 << 24  # bytes, of one part of a file


class DecodeError(ValueError):
    """The audio can't be decoded; the message says why, `slug` names the error frame."""

    def __init__(self, why: str, slug: str = "transcription_failure") -> None:
        super().__init__(why)
        self.slug = slug


class Decoder(Protocol):
    """Turns a stream of bytes, in pieces of any size, into samples. Raises DecodeError.

    They come bit by bit, since few bytes may be hours of silence. `sample_rate` is that of the
    latest ones.
    """

    sample_rate: int

    def decode(self, data: bytes) -> Iterator[Samples]: ...
