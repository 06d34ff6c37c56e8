"""A world's time, for tests."""

from datetime import UTC, datetime
from math import isfinite

from emulator.durations import sum_ms
from emulator.errors import UsageError
from emulator.handles.bridge import Bridge
from emulator.handles.tracebacks import is_on_purpose
from emulator.world.world import World

__tracebackhide__ = is_on_purpose


class BridgedClock:
    """The world's clock for threads other than the server's."""

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge

    def now_ms(self) -> int:
        return self._bridge.call(self._world.clock.now_ms)


class ClockHandle:
    """The world's time."""

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge

    def __repr__(self) -> str:
        return self._bridge.glance(lambda: f"<clock {self._time()} {self._world.clock.mode}>")

    def _time(self) -> str:
        return datetime.fromtimestamp(self._world.clock.now_ms() / 1000, UTC).isoformat()

    @property
    def now_ms(self) -> int:
        return self._bridge.call(self._world.clock.now_ms)

    @property
    def mode(self) -> str:
        """Return 'system' while the clock runs, 'manual' while it is frozen."""
        return self._bridge.call(lambda: self._world.clock.mode)

    def freeze(self) -> None:
        self._bridge.call(self._world.freeze)

    def resume(self) -> None:
        self._bridge.call(self._world.resume)

    def advance(
        self, seconds: float = 0, minutes: float = 0, ms: int = 0, hours: float = 0
    ) -> None:
        """Move the clock forward by the sum, and return once all that is due has run."""
        self._bridge.run(self._world.advance(_in_ms(seconds, minutes, ms, hours)))

    async def aadvance(
        self, seconds: float = 0, minutes: float = 0, ms: int = 0, hours: float = 0
    ) -> None:
        """Move forward as `advance` does, in an async test."""
        await self._bridge.arun(self._world.advance(_in_ms(seconds, minutes, ms, hours)))


def _in_ms(seconds: float, minutes: float, ms: int, hours: float) -> int:
    """Return the sum in ms. Raises UsageError if it is not above 0."""
    given = {"hours": hours, "minutes": minutes, "seconds": seconds, "ms": ms}
    for name, value in given.items():
        if not (isinstance(value, int | float) and isfinite(value)):
            raise UsageError(f"advance takes numbers, got {name}={value!r}")
    total_ms = sum_ms(**given)
    if total_ms <= 0:
        raise UsageError(
            f"advance moves forward, by hours, minutes, seconds or ms; got {total_ms} ms"
        )
    return total_ms
