"""Finds warnings in what pip, npm and other installers print."""

import re
from collections.abc import Iterator

_COMPLAINS = re.compile(r"\bwarn(ing|s)?\b|\bdeprecat", re.IGNORECASE)
# About the machine's own indexes of packages, not about what is installed from them.
_OF_THE_MACHINE = re.compile(r"Location '[^']*' is ignored: it is neither a file nor a directory")


def complaints(printed: str) -> list[str]:
    """Return the lines that warn, or say that something is deprecated."""
    return list(_complaining(printed))


def _complaining(printed: str) -> Iterator[str]:
    for line in printed.splitlines():
        if _COMPLAINS.search(line) and not _OF_THE_MACHINE.search(line):
            yield line
