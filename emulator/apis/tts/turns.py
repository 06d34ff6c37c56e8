"""Lets others have a turn while speech is made, which takes time."""

import asyncio
from collections.abc import Iterable
from itertools import islice
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
_LONGEST_S = 0.002
_AT_ONCE = 50  # items of a long list that are found without a look at the time


class Turns:
    """Counts the time since others last had a turn."""

    def __init__(self) -> None:
        self._began = monotonic()

    async def give(self) -> None:
        """Let others have a turn, if they have waited long enough."""
        if monotonic() - self._began > _LONGEST_S:
            await asyncio.sleep(0)
            self._began = monotonic()


async def list_in_turns(items: Iterable[T]) -> list[T]:
    """Return the items, which take time to find, and let others have a turn now and then."""
    turns, found, left = Turns(), list[T](), iter(items)
    while more := list(islice(left, _AT_ONCE)):
        found += more
        if len(more) < _AT_ONCE:
            break
        await turns.give()
    return found
