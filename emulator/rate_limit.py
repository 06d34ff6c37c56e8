"""How many requests a world may make: a bucket that fills as its time passes."""

from emulator.clock import Clock


class Allowance:
    """`per_second` requests at once, and as many in each second after."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self.per_second = per_second
        self._clock = clock
        self._left = float(per_second)
        self._seen_ms = clock.now_ms()

    def take(self) -> bool:
        """Whether there is one left, which is gone then."""
        now_ms = self._clock.now_ms()
        passed_ms = max(0, now_ms - self._seen_ms)  # a clock may have been put back
        filled = self._left + passed_ms * self.per_second / 1000
        self._left, self._seen_ms = min(float(self.per_second), filled), now_ms
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def wait_s(self) -> float:
        """Until there is one again."""
        return max(0.0, (1 - self._left) / self.per_second)
