"""How many WebSockets clients have opened, and how many are open."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class SocketCounts:
    """Counts of all worlds, by the name that the journal has for the socket."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        self.open: Counter[str] = Counter()

    @contextmanager
    def one(self, name: str) -> Iterator[None]:
        """Count a socket for as long as it is open."""
        self.opened[name] += 1
        self.open[name] += 1
        try:
            yield
        finally:
            self.open[name] -= 1
