"""Warns of API keys that look like real ones: any text works as a key here."""

import logging
from itertools import pairwise

logger = logging.getLogger("emulator")

_SHORTEST = 32
_DIGITS = 3
_MIXED = 0.4  # share of neighbours of different kinds; 0.62 in random letters and digits


class RealKeys:
    """Warns of each such key once."""

    def __init__(self) -> None:
        self._told: set[int] = set()

    def look_at(self, api_key: str) -> None:
        if not looks_real(api_key) or hash(api_key) in self._told:
            return
        self._told.add(hash(api_key))
        logger.warning(
            "the API key that ends in %r looks real: the emulator takes any key, such as 'any', "
            "and a real one belongs nowhere but to Hume's API",
            api_key[-4:],
        )


def looks_real(api_key: str) -> bool:
    """True if a key is long and random: small and capital letters and digits, well mixed.

    Words and UUIDs are not.
    """
    if len(api_key) < _SHORTEST or not (api_key.isascii() and api_key.isalnum()):
        return False
    kinds = [_kind(character) for character in api_key]
    changes = sum(before != after for before, after in pairwise(kinds))
    digits = kinds.count("digit")
    return len(set(kinds)) == 3 and digits >= _DIGITS and changes >= _MIXED * len(api_key)


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    return "small" if character.islower() else "capital"
