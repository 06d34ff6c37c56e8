"""Callbacks that are due at a later time of a clock."""

import heapq
from collections.abc import Callable
from typing import TypeAlias

from emulator.clock import Clock

Callback: TypeAlias = Callable[[], None]


def _nothing() -> None:
    """Replace the callback of a finished timer, so that the callback can be freed."""


class Timer:
    """One callback that is due at a time, unless it is cancelled."""

    __slots__ = ("callback", "cancelled", "due_ms", "order")

    def __init__(self, due_ms: int, order: int, callback: Callback) -> None:
        self.due_ms = due_ms
        self.order = order
        self.callback = callback
        self.cancelled = False

    def __lt__(self, other: "Timer") -> bool:
        return (self.due_ms, self.order) < (other.due_ms, other.order)


_FEW = 16  # cancelled timers that are never worth a sweep


class Timers:
    """All timers of one clock. A timer runs only in `run_due`.

    Timers call `on_change` when the next due time may have changed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[Timer] = []
        self._order = 0
        self._cancelled = 0
        self.on_change: Callback = lambda: None

    def at(self, due_ms: int, callback: Callback) -> Timer:
        """Call back at that time (ms). Of two timers due at one time, the first made runs first."""
        self._order += 1
        timer = Timer(due_ms, self._order, callback)
        heapq.heappush(self._heap, timer)
        if self._heap[0] is timer:
            self.on_change()
        return timer

    def cancel(self, timer: Timer | None) -> None:
        if timer is None or timer.cancelled:
            return
        timer.cancelled, timer.callback = True, _nothing
        self._cancelled += 1
        if self._cancelled > len(self._heap) // 2 + _FEW:
            self._sweep()

    def _sweep(self) -> None:
        """Drop cancelled timers, which must not pile up until they would have been due."""
        self._heap = [each for each in self._heap if not each.cancelled]
        heapq.heapify(self._heap)
        self._cancelled = 0

    def clear(self) -> None:
        """Cancel all timers."""
        for timer in self._heap:
            timer.cancelled, timer.callback = True, _nothing
        self._heap.clear()
        self._cancelled = 0
        self.on_change()

    @property
    def next_due_ms(self) -> int | None:
        """Return when the next timer is due (ms), or None if there is none."""
        while self._heap and self._heap[0].cancelled:
            heapq.heappop(self._heap)
        return self._heap[0].due_ms if self._heap else None

    def run_due(self) -> None:
        """Run all timers that are due, in order."""
        while (due_ms := self.next_due_ms) is not None and due_ms <= self._clock.now_ms():
            timer = heapq.heappop(self._heap)
            callback, timer.callback = timer.callback, _nothing
            callback()
