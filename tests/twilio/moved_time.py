"""A frozen clock that a call moves by itself, so that nothing waits."""

import asyncio
from collections.abc import Callable

from emulator.clock import Clock

_TICK_S = 0.002  # of real time, for each 20 ms in which a call only waits for the other side


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
