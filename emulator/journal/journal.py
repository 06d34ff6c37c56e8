"""The journal of a world: an entry for each request, frame and event."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Container, Iterator
from itertools import islice
from operator import attrgetter

from emulator.clock import Clock, SystemClock
from emulator.journal.audio_run import AudioEntry, AudioRun
from emulator.journal.entries import Entry
from emulator.journal.sharing import SharedTexts
from emulator.jsontext import Json, JsonObject

LONGEST_BODY = 4_000  # bytes of a request or response that are kept
MOST_BYTES = 64 * 1024 * 1024

_seq = attrgetter("seq")
_WALL_CLOCK = SystemClock()


class Journal:
    """Keeps the newest entries: `limit` of them at most, and about `most_bytes` of their texts.

    Each of a client's audio frames takes a number, but all frames of a run share one entry, which
    is added when the run is over.
    """

    def __init__(
        self,
        clock: Clock,
        limit: int,
        most_bytes: int = MOST_BYTES,
        before: "Journal | None" = None,
    ) -> None:
        """Begin empty. The journal `before` this one passes on its numbers and its watchers."""
        self._clock = clock
        self._limit = limit
        self._most_bytes = most_bytes
        self._bytes = 0
        self._entries: deque[Entry] = deque()
        self.seq: int = 0 if before is None else before.seq
        # when something last happened, by the wall clock (ms); None if nothing ever has
        self.used_ms: int | None = None if before is None else before.used_ms
        self._first = self.seq
        self._newest_ms = self._newest_size = 0  # of the newest entry
        self._without_entry = 0  # numbers of forgotten entries, and of audio frames
        self._runs: list[AudioRun] = []  # open runs
        self.shared = SharedTexts()
        # called after each entry and each audio frame
        self.watchers: list[Callable[[], None]] = [] if before is None else before.watchers

    @property
    def count(self) -> int:
        """Return how many entries are kept."""
        return len(self._entries)

    @property
    def dropped(self) -> int:
        """Return how many entries the limits have pushed out."""
        return self.seq - self._first - self._without_entry - len(self._entries)

    @property
    def first_seq(self) -> int:
        """Return the oldest entry's number, or the next one to be given if no entry is kept."""
        return self._entries[0].seq if self._entries else self.seq + 1

    @property
    def last_seq(self) -> int:
        """Return the newest entry's number, or the last one given if no entry is kept."""
        return self._entries[-1].seq if self._entries else self.seq

    @property
    def newest(self) -> Entry | None:
        """Return the newest entry, if one is kept."""
        return self._entries[-1] if self._entries else None

    def add(self, entry: Entry) -> None:
        """Add an entry, with the next number (the first is 1) and the world's time."""
        entry.seq = self.seq = self.seq + 1
        now_ms = self._clock.now_ms()
        if now_ms != self._newest_ms:  # entries of one moment, or of one size, share a number
            self._newest_ms = now_ms
        entry.at_ms = self._newest_ms
        self.used_ms = _WALL_CLOCK.now_ms()
        size = entry.measure()
        if size != self._newest_size:
            self._newest_size = size
        entry.size = self._newest_size
        entries = self._entries
        entries.append(entry)
        self._bytes += size
        while len(entries) > self._limit or self._bytes > self._most_bytes:
            self._bytes -= entries.popleft().size
        for watcher in self.watchers:
            watcher()

    # audio

    def add_audio(self, run: AudioRun, content: Json, sound_bytes: int, characters: int) -> None:
        """Add a frame to a run that is not over; its first frame begins the run."""
        if not run.count:
            self._runs.append(run)
        self.seq += 1
        self._without_entry += 1
        self.used_ms = _WALL_CLOCK.now_ms()
        run.add(self.seq, self._clock.now_ms(), content, sound_bytes, characters)
        self.notify()

    def end_run(self, run: AudioRun) -> None:
        """Add the entry of a run that is over."""
        if not run.is_open:
            return
        run.is_open = False
        self._runs.remove(run)
        self.add(run.entry())

    def end_runs(self) -> None:
        """End all runs, so that a list made now has their entries."""
        for run in list(self._runs):
            self.end_run(run)

    def notify(self) -> None:
        """Call the watchers."""
        for watcher in self.watchers:
            watcher()

    # reading: `wanted` has values of fields as the journal keeps them; None matches any value

    def entries(self, after: int = 0, **wanted: Json) -> Iterator[JsonObject]:
        """Yield the entries past the number `after` that match `wanted`, without credentials."""
        for entry in self.kept(after, **wanted):
            yield entry.to_json()

    def singly(self, after: int = 0, **wanted: Json) -> Iterator[JsonObject]:
        """Yield the entries with each audio frame by itself, without credentials."""
        for entry in self.kept_singly(after, **wanted):
            yield entry.to_json()

    def kept_singly(self, after: int = 0, **wanted: Json) -> list[Entry]:
        """Return the entries with each audio frame by itself, those of open runs included.

        The entries of runs are left out.
        """
        asked = _asked(wanted)
        found, runs = list[Entry](), list(self._runs)
        for entry in self.kept(after, kind=asked.get("kind")):
            if isinstance(entry, AudioEntry) and entry.run is not None:
                runs.append(entry.run)
            elif _fits(entry, asked):
                found.append(entry)
        if runs and asked.get("kind", AudioEntry.kind) == AudioEntry.kind:
            frames = (entry for run in runs for entry in run.entries(after))
            found += [entry for entry in frames if _fits(entry, asked)]
            found.sort(key=_seq)
        return found

    def kept(self, after: int = 0, **wanted: Json) -> Iterator[Entry]:
        """Yield the entries as they are kept, with credentials."""
        asked = _asked(wanted)
        seen = bisect_right(self._entries, after, key=_seq)
        for entry in list(islice(self._entries, seen, None)):
            if _fits(entry, asked):
                yield entry

    def forget(self, seqs: Container[int]) -> None:
        """Remove the entries of these numbers, which no other entry gets."""
        before = len(self._entries)
        self._entries = deque(entry for entry in self._entries if entry.seq not in seqs)
        self._bytes = sum(entry.size for entry in self._entries)
        self._without_entry += before - len(self._entries)


def _asked(wanted: JsonObject) -> JsonObject:
    return {name: value for name, value in wanted.items() if value is not None}


def _fits(entry: Entry, asked: JsonObject) -> bool:
    if not asked:
        return True
    if asked.get("kind", entry.kind) != entry.kind:
        return False
    values = entry.fields()
    return all(values.get(name) == value for name, value in asked.items())
