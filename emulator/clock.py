"""The sources of the time. Only this module asks the operating system for it."""

import time
from typing import Protocol

LATEST_MS = 253_402_300_799_999  # the end of the year 9999, after which no date can be written


class Clock(Protocol):
    """A source of the time, in ms since the Unix epoch."""

    def now_ms(self) -> int: ...


class SystemClock:
    """The wall clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that is frozen until it is moved."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, ms: int) -> None:
        self._now_ms += ms

    def move_to(self, ms: int) -> None:
        """Move to a later time (ms); an earlier one changes nothing, since time never goes back."""
        self._now_ms = max(self._now_ms, ms)


class WorldClock:
    """Follows the wall clock plus an offset, or is frozen at a time.

    Its `mode` is 'system' while it follows the wall clock, and 'manual' while it is frozen.
    """

    def __init__(self, wall: Clock | None = None) -> None:
        self._wall_ms = (wall or SystemClock()).now_ms
        self._ahead_ms = 0
        self._frozen_ms: int | None = None

    def reset(self, freeze_at_ms: int | None = None) -> None:
        """Follow the wall clock without an offset, or freeze at a time (ms)."""
        self._ahead_ms = 0
        self._frozen_ms = freeze_at_ms

    def read(self) -> tuple[int, int | None]:
        """Return the clock's state, for `write`."""
        return self._ahead_ms, self._frozen_ms

    def write(self, state: tuple[int, int | None]) -> None:
        """Restore a state that `read` returned."""
        self._ahead_ms, self._frozen_ms = state

    @property
    def mode(self) -> str:
        return "system" if self._frozen_ms is None else "manual"

    def now_ms(self) -> int:
        if self._frozen_ms is not None:
            return self._frozen_ms
        return self._wall_ms() + self._ahead_ms

    def freeze(self) -> None:
        """Stop at the present time."""
        self._frozen_ms = self.now_ms()

    def resume(self) -> None:
        """Follow the wall clock from the present time on."""
        self._ahead_ms = self.now_ms() - self._wall_ms()
        self._frozen_ms = None

    def move_to(self, ms: int) -> None:
        """Move to a later time (ms); an earlier one changes nothing, since time never goes back."""
        forward_ms = max(0, ms - self.now_ms())
        if self._frozen_ms is None:
            self._ahead_ms += forward_ms
        else:
            self._frozen_ms += forward_ms


class LaggingClock:
    """A clock that runs behind another one, and can catch up with it but not overtake it.

    A chat that is simulated at once runs on such a clock: it begins in the past and ends now. A
    held clock moves only when `move_to` moves it.
    """

    def __init__(self, clock: Clock, lag_ms: int = 0) -> None:
        self._clock = clock
        self._clock_ms = clock.now_ms  # looked up once, since every step of a chat asks
        self._lag_ms = lag_ms
        self._held_ms: int | None = None

    @property
    def lag_ms(self) -> int:
        """Return how far this clock is behind the other (ms)."""
        return self._clock.now_ms() - self.now_ms() if self._held_ms is not None else self._lag_ms

    def now_ms(self) -> int:
        if self._held_ms is not None:
            return self._held_ms
        return self._clock_ms() - self._lag_ms

    def hold(self) -> None:
        """Stop at the present time."""
        self._held_ms = self.now_ms()

    def let_go(self) -> None:
        """Run on from the present time."""
        self._lag_ms, self._held_ms = self.lag_ms, None

    def move_to(self, ms: int) -> None:
        """Move to a later time (ms), at most the other clock's; an earlier one changes nothing."""
        to_ms = max(self.now_ms(), min(ms, self._clock.now_ms()))
        if self._held_ms is not None:
            self._held_ms = to_ms
        else:
            self._lag_ms = self._clock.now_ms() - to_ms
