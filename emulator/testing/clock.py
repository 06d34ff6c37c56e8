"""A world's time, for tests."""

from math import isfinite

from emulator.errors import UsageError
from emulator.handles.bridge import Bridge
from emulator.world.world import World


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

    def advance(self, seconds: float = 0, minutes: float = 0, ms: int = 0) -> None:
        """Move forward; all that comes due has run, webhooks included, when this returns."""
        self._bridge.run(self._world.advance(_in_ms(seconds, minutes, ms)))

    async def aadvance(self, seconds: float = 0, minutes: float = 0, ms: int = 0) -> None:
        """Move forward as `advance` does, in an async test."""
        await self._bridge.arun(self._world.advance(_in_ms(seconds, minutes, ms)))


def _in_ms(seconds: float, minutes: float, ms: int) -> int:
    """Return the sum in ms. Raises UsageError unless that is forward."""
    if not all(isinstance(each, int | float) and isfinite(each) for each in (seconds, minutes, ms)):
        raise UsageError(f"advance takes numbers, got {(seconds, minutes, ms)}")
    total_ms = round(seconds * 1000 + minutes * 60_000) + ms
    if total_ms <= 0:
        raise UsageError(f"advance goes forward, by seconds, minutes or ms; got {total_ms} ms")
    return total_ms
