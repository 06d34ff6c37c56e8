"""The sources of randomness: ids and secrets, repeatable when a random seed is given."""

import hashlib
import random
import uuid
from collections.abc import Iterable
from typing import TypeAlias

Random: TypeAlias = random.Random

# Ids that a seed leaves out are derived from their place in it, so they never change.
DERIVED_IDS = uuid.UUID("0b3c9a5e-8d7f-5c53-9a0e-6f1f6f2f6a51")
_NAMESPACE = DERIVED_IDS.bytes
_MERSENNE_TWISTER = 3  # the version that `random` writes into a generator's state
_VERSION_4 = 0x4 << 76 | 0x2 << 62
_VERSION_5 = 0x5 << 76 | 0x2 << 62
_VERSION_7 = 0x7 << 76 | 0x2 << 62
_BELOW_TIME = (1 << 80) - 1
_OTHER_BITS = ~(0xF << 76 | 0x3 << 62)


class IdSource:
    """Makes ids. Two sources with the same random seed make the same ids in the same order."""

    def __init__(self, random_seed: int | str | None = None) -> None:
        self._random = random.Random(random_seed)

    def fork(self) -> "IdSource":
        """Return a source that will make the same ids as this one."""
        copy = IdSource()
        copy._random.setstate(self._random.getstate())
        return copy

    def state(self) -> tuple[int, ...]:
        """Return the position in the sequence, for `at_state`."""
        numbers: tuple[int, ...] = self._random.getstate()[1]
        return numbers

    @classmethod
    def at_state(cls, numbers: Iterable[int]) -> "IdSource":
        """Return a source that continues from a state. Raises ValueError for a bad state."""
        source = cls()
        source._random.setstate((_MERSENNE_TWISTER, tuple(numbers), None))
        return source

    def uuid(self) -> str:
        """Return a version 4 UUID."""
        return _written(self._random.getrandbits(128) & _OTHER_BITS | _VERSION_4)

    def timed_uuid(self, ms: int) -> str:
        """Return a version 7 UUID, which begins with a time (ms since the epoch)."""
        return _written(
            ms << 80 | self._random.getrandbits(80) & _OTHER_BITS & _BELOW_TIME | _VERSION_7
        )

    def secret(self) -> str:
        """Return 128 random bits as 32 hexadecimal digits."""
        return f"{self._random.getrandbits(128):032x}"

    def number(self) -> int:
        """Return a random number of 32 bits: the first 32 bits of a secret."""
        return self._random.getrandbits(128) >> 96


def _written(number: int) -> str:
    text = number.to_bytes(16, "big").hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class PlacedIds(IdSource):
    """Makes ids that belong to a place: the same in every run, and at no other place."""

    def __init__(self, *place: str | int) -> None:
        self._random = derived_random("ids", *place)


def derived_uuid(*place: str | int) -> str:
    """Return the version 5 UUID of a place, such as ('chat', chat_id, 'event', 3)."""
    digest = hashlib.sha1(_NAMESPACE + "/".join(map(str, place)).encode()).digest()
    number = int.from_bytes(digest[:16], "big") & _OTHER_BITS
    return _written(number | _VERSION_5)


def placed_uuid(*place: str | int) -> str:
    """Return the version 4 UUID of a place, for ids that are published as such."""
    number = int.from_bytes(derived_bytes(16, *place), "big") & _OTHER_BITS
    return _written(number | _VERSION_4)


def derived_bytes(size: int, *place: str | int) -> bytes:
    """Return `size` bytes (at most 64) that belong to a place and look random."""
    return hashlib.blake2b("/".join(map(str, place)).encode(), digest_size=size).digest()


def derived_random(*place: str | int) -> random.Random:
    """Return a generator of numbers that belongs to a place and repeats in every run."""
    return random.Random("/".join(map(str, place)))
