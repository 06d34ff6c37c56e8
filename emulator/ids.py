"""Where randomness comes from: ids and secrets, repeatable when a random seed is given."""

import hashlib
import random
import uuid
from collections.abc import Iterable
from typing import TypeAlias

Random: TypeAlias = random.Random

# Ids that a seed leaves out are derived from their place in it, so they never change.
DERIVED_IDS = uuid.UUID("0b3c9a5e-8d7f-5c53-9a0e-6f1f6f2f6a51")
_NAMESPACE = DERIVED_IDS.bytes
_MERSENNE_TWISTER = 3  # the version of a generator's state, as `random` calls it
_VERSION_4 = 0x4 << 76 | 0x2 << 62
_VERSION_5 = 0x5 << 76 | 0x2 << 62
_OTHER_BITS = ~(0xF << 76 | 0x3 << 62)


class IdSource:
    """Makes ids; two sources with the same random seed make the same ones in the same order."""

    def __init__(self, random_seed: int | str | None = None) -> None:
        self._random = random.Random(random_seed)

    def fork(self) -> "IdSource":
        """A source that will make the same ids as this one."""
        copy = IdSource()
        copy._random.setstate(self._random.getstate())
        return copy

    def state(self) -> tuple[int, ...]:
        """Where it is in its sequence, for `at_state`."""
        numbers: tuple[int, ...] = self._random.getstate()[1]
        return numbers

    @classmethod
    def at_state(cls, numbers: Iterable[int]) -> "IdSource":
        """A source that goes on from there. Raises ValueError for numbers that are no state."""
        source = cls()
        source._random.setstate((_MERSENNE_TWISTER, tuple(numbers), None))
        return source

    def uuid(self) -> str:
        """A version 4 UUID."""
        return _written(self._random.getrandbits(128) & _OTHER_BITS | _VERSION_4)

    def secret(self) -> str:
        """128 random bits as 32 hexadecimal digits."""
        return f"{self._random.getrandbits(128):032x}"


def _written(number: int) -> str:
    text = number.to_bytes(16, "big").hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class PlacedIds(IdSource):
    """Makes ids that belong to a place, the same in every run and at no other place."""

    def __init__(self, *place: str | int) -> None:
        super().__init__()
        self._random = derived_random("ids", *place)


def derived_uuid(*place: str | int) -> str:
    """The version 5 UUID that belongs to a place, such as ('chat', chat_id, 'event', 3)."""
    digest = hashlib.sha1(_NAMESPACE + "/".join(map(str, place)).encode()).digest()
    number = int.from_bytes(digest[:16], "big") & _OTHER_BITS
    return _written(number | _VERSION_5)


def derived_bytes(size: int, *place: str | int) -> bytes:
    """So many bytes that belong to a place, as good as random; at most 64."""
    return hashlib.blake2b("/".join(map(str, place)).encode(), digest_size=size).digest()


def derived_random(*place: str | int) -> random.Random:
    """A source of numbers that belongs to a place, and gives the same ones every time."""
    return random.Random("/".join(map(str, place)))
