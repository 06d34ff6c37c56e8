"""The journal: what happened in a world, entry by entry, for everyone who wants to look."""

import re
from collections import deque
from collections.abc import Callable, Iterator

from emulator.clock import Clock
from emulator.jsontext import Json, JsonObject

KINDS = ("http", "frame", "webhook", "fault", "clock", "script")


LONGEST_BODY = 4_000  # bytes of a request or response that are kept


class Journal:
    """The newest entries, at most `limit` of them; `dropped` counts those that had to go."""

    def __init__(self, clock: Clock, limit: int, before: "Journal | None" = None) -> None:
        """Empty; the one `before` it passes on its numbers, and those who watch it."""
        self._clock = clock
        self._entries: deque[JsonObject] = deque(maxlen=limit)
        self.seq: int = 0 if before is None else before.seq
        self._first = self.seq
        # called after each entry
        self.watchers: list[Callable[[], None]] = [] if before is None else before.watchers

    @property
    def dropped(self) -> int:
        return self.seq - self._first - len(self._entries)

    def add(self, kind: str, **fields: Json) -> None:
        """One more entry: `seq` counts from 1, `at_ms` is the world's time.

        A body may be given as bytes; it is shown as text, and without secrets.
        """
        self.seq += 1
        self._entries.append(
            {
                "seq": self.seq,
                "kind": kind,
                "at_ms": self._clock.now_ms(),
                **fields,
            }
        )
        for watcher in self.watchers:
            watcher()

    def entries(self, after: int = 0, **wanted: Json) -> Iterator[JsonObject]:
        """Those past the number `after` whose fields are as wanted; None wants nothing."""
        asked = {name: value for name, value in wanted.items() if value is not None}
        for entry in list(self._entries):
            if entry["seq"] > after and all(
                entry.get(name) == value for name, value in asked.items()
            ):
                yield _shown(entry)


_SECRET = "language_model_api_key"
_SECRET_TEXT = re.compile(rb'("language_model_api_key"\s*:\s*")[^"]*')


def _without_secrets(value: Json) -> Json:
    """Keys of language models don't belong into the journal, in a body or in a message."""
    if isinstance(value, bytes):
        return _SECRET_TEXT.sub(rb"\1(hidden)", value) if _SECRET.encode() in value else value
    if isinstance(value, dict) and value.get(_SECRET):
        return {**value, _SECRET: "(hidden)"}
    return value


def _shown(entry: JsonObject) -> JsonObject:
    return {name: _shown_value(value) for name, value in entry.items()}


def _shown_value(value: Json) -> Json:
    value = _without_secrets(value)
    return value.decode(errors="replace") if isinstance(value, bytes) else value
