"""How fast a session may send: an allowance that grows with time."""


class Allowance:
    """Grows by `per_ms` each ms up to `most`, and shrinks by what is taken.

    What is more than the most may be taken once the allowance is full; the debt is waited for.
    """

    def __init__(self, per_ms: int, most: int, now_ms: int) -> None:
        self._per_ms = per_ms
        self._most = most
        self._left = most
        self._at_ms = now_ms

    def take(self, amount: int, now_ms: int) -> bool:
        """Take so much at a time (ms). False, if there is too little left."""
        self._left = min(self._most, self._left + (now_ms - self._at_ms) * self._per_ms)
        self._at_ms = now_ms
        if self._left < min(amount, self._most):
            return False
        self._left -= amount
        return True
