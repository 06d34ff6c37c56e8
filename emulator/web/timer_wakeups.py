"""Wakes worlds when something is due on their clock."""

import asyncio
from weakref import ref

from emulator.web import bugs
from emulator.world.world import World


class TimerWakeups:
    """Runs the timers of one world from the event loop, each at its time.

    The world's timers hold it, so it does not hold the world, which would be freed late.
    """

    def __init__(self, world: World) -> None:
        self._world = ref(world)
        self._handle: asyncio.TimerHandle | None = None
        world.timers.on_change = self.set

    def set(self) -> None:
        """Wake up when the next timer is due; on a frozen clock, only timers already due run."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        world = self._world()
        due_ms = None if world is None else world.timers.next_due_ms
        if world is None or due_ms is None:
            return
        wait_ms = max(0, due_ms - world.clock.now_ms())
        if wait_ms and world.clock.mode == "manual":
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # no server runs: the code that moves the clock runs the timers
        self._handle = loop.call_later(wait_ms / 1000, self._ring)

    def _ring(self) -> None:
        self._handle, world = None, self._world()
        if world is None:
            return
        try:
            world.timers.run_due()
        except Exception as error:
            bugs.note(bugs.report(error, "a timer", world), world.journal)
        finally:
            self.set()
