"""The journal: what happened in a world, entry by entry, for everyone who wants to look."""

from collections import deque
from collections.abc import Iterator

from emulator.clock import Clock
from emulator.jsontext import Json, JsonObject

KINDS = ("http", "frame", "webhook", "fault", "clock", "script")


class Journal:
    """The newest entries, at most `limit` of them; `dropped` counts those that had to go."""

    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock = clock
        self._entries: deque[JsonObject] = deque(maxlen=limit)
        self.seq = 0

    @property
    def dropped(self) -> int:
        return self.seq - len(self._entries)

    def add(self, kind: str, **fields: Json) -> None:
        """One more entry: `seq` counts from 1, `at_ms` is the world's time."""
        self.seq += 1
        self._entries.append(
            {"seq": self.seq, "kind": kind, "at_ms": self._clock.now_ms(), **fields}
        )

    def entries(self, after: int = 0, **wanted: Json) -> Iterator[JsonObject]:
        """Those past the number `after` whose fields are as wanted; None wants nothing."""
        asked = {name: value for name, value in wanted.items() if value is not None}
        for entry in self._entries:
            if entry["seq"] > after and all(
                entry.get(name) == value for name, value in asked.items()
            ):
                yield entry
