"""The time of a call, which passes by itself, or which a wait for it moves."""

import asyncio
from typing import Protocol

from emulator.clock import Clock, SystemClock


class Time(Protocol):
    """The time of a call, in ms."""

    def now_ms(self) -> int: ...

    async def until(self, ms: int, is_waiting: bool = False) -> None:
        """Return once it is `ms`; other tasks run meanwhile, even if it is that late already.

        `is_waiting` is True if nobody says anything, so that the call waits for the other side.
        """
        ...


class RealTime:
    """Follows a clock that runs by itself."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    def now_ms(self) -> int:
        return self._clock.now_ms()

    async def until(self, ms: int, is_waiting: bool = False) -> None:
        await asyncio.sleep(max(0, ms - self.now_ms()) / 1000)
