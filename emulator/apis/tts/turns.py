"""Lets others have a turn while speech is made, which takes time."""

import asyncio
from time import monotonic

_LONGEST_S = 0.002


class Turns:
    """Counts the time since others last had a turn."""

    def __init__(self) -> None:
        self._began = monotonic()

    async def give(self) -> None:
        """Let others have a turn, if they have waited long enough."""
        if monotonic() - self._began > _LONGEST_S:
            await asyncio.sleep(0)
            self._began = monotonic()
