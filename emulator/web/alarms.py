"""Wakes worlds when something is due on their clock."""

import asyncio

from emulator.web import bugs
from emulator.world import World


class Alarm:
    """Runs the timers of one world from the event loop, each at its time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._handle: asyncio.TimerHandle | None = None
        world.timers.on_change = self.set

    def set(self) -> None:
        """Ring when the next timer is due. A clock that stands still keeps what lies ahead."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        due_ms = self._world.timers.next_due_ms
        if due_ms is None:
            return
        wait_ms = max(0, due_ms - self._world.clock.now_ms())
        if wait_ms and self._world.clock.mode == "manual":
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # nobody serves: who moves the clock runs the timers
        self._handle = loop.call_later(wait_ms / 1000, self._ring)

    def _ring(self) -> None:
        self._handle = None
        try:
            self._world.timers.run_due()
        except Exception as error:
            bugs.note(bugs.report(error, "a timer", self._world), self._world.journal)
        finally:
            self.set()
