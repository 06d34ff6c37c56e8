"""Worlds that nobody has used for a while are dropped, and the next user of their key is told."""

import asyncio
import logging
from collections.abc import Iterator

from emulator.credentials import DEFAULT_KEY
from emulator.world.world import World
from emulator.world.worlds import Worlds

logger = logging.getLogger("emulator")

_LOOKS = 4  # in the time after which a world expires
_MOST_LINES = 10  # of the log, for worlds that expire at once
_S = 60  # of a minute


class Expiry:
    """Looks at the worlds of a server now and then, and drops each that stays unused.

    Requests pay nothing for it: a look compares what each world has counted with the look before.
    The time is that of the event loop, not that of a world.
    """

    def __init__(self, worlds: Worlds, minutes: int) -> None:
        """Drop worlds that nobody has used for so many minutes, within a quarter of them."""
        self._worlds = worlds
        self._minutes = minutes
        # by a world's reference, its use and when that was first seen (s)
        self._seen: dict[str, tuple[object, float]] = {}
        self._handle: asyncio.TimerHandle | None = None

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at the worlds from this event loop, until `end`."""
        self._handle = loop.call_later(self._minutes * _S / _LOOKS, self._look, loop)

    def end(self) -> None:
        """Look at them no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self.drop_unused(loop.time())
        self.begin(loop)

    def drop_unused(self, now_s: float) -> None:
        """Drop the worlds whose use has not changed for the time that is allowed."""
        before, self._seen = self._seen, {}
        expired = []
        for world in self._worlds:
            if _stays(world):
                continue
            use = world.use()
            seen, since_s = before.get(world.reference, (None, now_s))
            if seen != use:
                since_s = now_s
            if now_s - since_s >= self._minutes * _S:
                expired.append(world)
            else:
                self._seen[world.reference] = use, since_s
        for world in expired:
            self._worlds.expire(world, self._minutes)
        for line in self._lines(expired):
            logger.warning(line)

    def _lines(self, expired: list[World]) -> Iterator[str]:
        why = f"nobody has used it for {self._minutes} minutes (--world-idle-minutes)"
        for world in expired[:_MOST_LINES]:
            name = "" if world.name is None else f" ({world.name})"
            yield f"the world {world.reference}{name} has expired: {why}"
        if len(expired) > _MOST_LINES:
            yield f"{len(expired) - _MOST_LINES} more worlds have expired"


def _stays(world: World) -> bool:
    """True if a world is the default key's or a test's, or if anything is under way in it."""
    return world.api_key == DEFAULT_KEY or world.is_owned or world.is_under_way
