"""Reads a Dockerfile: as many of its instructions as ours has."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Instructions:
    """The instructions in order: the word and what follows it."""

    lines: tuple[tuple[str, str], ...]

    def all(self, word: str) -> list[str]:
        """Return what follows each instruction of this word."""
        return [rest for each, rest in self.lines if each == word]


def instructions(text: str) -> Instructions:
    """Return the instructions of a Dockerfile, continued lines joined and comments left out."""
    plain = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    joined = re.sub(r"\s*\\\n\s*", " ", plain)
    parts = (line.partition(" ") for line in joined.splitlines() if line)
    return Instructions(tuple((word, rest) for word, _, rest in parts))
