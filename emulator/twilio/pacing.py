"""The time of a call: real, or moved by the call itself so that nothing waits."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from emulator.clock import Clock, SystemClock

_TICK_S = 0.002  # of real time, for each 20 ms in which a call only waits for the other side


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


class MovedTime:
    """Moves a clock that is frozen, as fast as messages are passed.

    While the call waits in silence, each step takes a little of real time, in which other
    processes can answer.
    """

    def __init__(
        self, clock: Clock, move_to: Callable[[int], object], tick_s: float = _TICK_S
    ) -> None:
        self._clock, self._move_to, self._tick_s = clock, move_to, tick_s

    def now_ms(self) -> int:
        return self._clock.now_ms()

    async def until(self, ms: int, is_waiting: bool = False) -> None:
        await asyncio.sleep(self._tick_s if is_waiting else 0)
        self._move_to(ms)
