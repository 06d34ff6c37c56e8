"""How many requests a world may make: a bucket that fills as its time passes."""

from emulator.clock import Clock


class Allowance:
    """`per_second` requests at once, and as many in each second after."""

    def __init__(self, per_second: int, clock: Clock) -> None:
        self.per_second = per_second
        self._clock = clock
        self._left = float(per_second)
        self._seen_ms = clock.now_ms()

    @property
    def left(self) -> int:
        return int(self._left)

    def take(self) -> bool:
        """Whether there is one left, which is gone then."""
        now_ms = self._clock.now_ms()
        filled = self._left + (now_ms - self._seen_ms) * self.per_second / 1000
        self._left, self._seen_ms = min(float(self.per_second), filled), now_ms
        if self._left < 1:
            return False
        self._left -= 1
        return True

    @property
    def wait_s(self) -> float:
        """Until there is one again."""
        return max(0.0, (1 - self._left) / self.per_second)
