"""A limit on the requests of a world: a bucket of tokens that fills as time passes."""

from emulator.clock import Clock


class RateLimit:
    """Allows `per_second` requests at once, and as many in each second after."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self.per_second = per_second
        self._clock = clock
        self._left = float(per_second)
        self._seen_ms = clock.now_ms()

    def take(self) -> bool:
        """Take a token and return True, or return False if none is left."""
        now_ms = self._clock.now_ms()
        passed_ms = max(0, now_ms - self._seen_ms)  # the clock may have been set back
        filled = self._left + passed_ms * self.per_second / 1000
        self._left, self._seen_ms = min(float(self.per_second), filled), now_ms
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def wait_s(self) -> float:
        """Return the time until a token is available (s)."""
        return max(0.0, (1 - self._left) / self.per_second)
