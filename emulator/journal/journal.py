"""The journal: what happened in a world, entry by entry, for everyone who wants to look."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from emulator.clock import Clock
from emulator.journal.audio_run import AudioRun
from emulator.journal.headers import plain_headers, shown_headers
from emulator.jsontext import Json, JsonObject, JsonText, read
from emulator.redaction.names import may_hold_secrets
from emulator.redaction.text import hide_in_body
from emulator.redaction.values import hide_in_json, hide_in_query

KINDS = ("http", "frame", "webhook", "fault", "clock", "script", "bug")


LONGEST_BODY = 4_000  # bytes of a request or response that are kept
SIZE_OF_FINDING = 1_000  # bytes, about
MOST_BYTES = 64 * 1024 * 1024


class Journal:
    """The newest entries: at most `limit`, and about so many bytes of requests, answers and frames.

    `dropped` counts those that had to go. A client's audio frames have numbers of their own, and
    one entry for all frames of a run, which comes when the run is over.
    """

    def __init__(
        self,
        clock: Clock,
        limit: int,
        most_bytes: int = MOST_BYTES,
        before: "Journal | None" = None,
    ) -> None:
        """Empty; the one `before` it passes on its numbers, and those who watch it."""
        self._clock = clock
        self._limit = limit
        self._most_bytes = most_bytes
        self._bytes = 0
        # (seq, kind, at_ms, size, names of the fields, value, value, ...): one object each, since
        # every request leaves one behind
        self._entries: deque[tuple[Any, ...]] = deque()
        self.seq: int = 0 if before is None else before.seq
        self._first = self.seq
        self._without_entry = 0  # numbers of forgotten entries, and of audio frames
        self._runs: list[AudioRun] = []  # that are not over
        # called after each entry
        self.watchers: list[Callable[[], None]] = [] if before is None else before.watchers

    @property
    def dropped(self) -> int:
        return self.seq - self._first - self._without_entry - len(self._entries)

    @property
    def first_seq(self) -> int:
        """Of the oldest entry that is kept, or of the next one if none is."""
        return self._entries[0][0] if self._entries else self.seq + 1

    @property
    def last_seq(self) -> int:
        """Return the newest entry's number, or the last one given if no entry is kept."""
        return self._entries[-1][0] if self._entries else self.seq

    def add(self, kind: str, **fields: Json) -> None:
        """One more entry: `seq` counts from 1, `at_ms` is the world's time.

        A body or a query may be given as bytes, and is shown as text, `request_headers` as an
        object; a JsonText is shown as what it says. Keys are not shown.
        """
        size = sum(len(value) for value in fields.values() if isinstance(value, str | bytes))
        size += SIZE_OF_FINDING * len(fields.get("findings", ()))
        self.keep(kind, size, tuple(fields), *fields.values())

    def keep(self, kind: str, size: int, names: Sequence[str], *values: Json) -> None:
        """The same for an entry whose fields always have these names, and that has `size` bytes."""
        self.seq += 1
        self._entries.append((self.seq, kind, self._clock.now_ms(), size, names, *values))
        self._bytes += size
        while len(self._entries) > self._limit or self._bytes > self._most_bytes:
            self._bytes -= self._entries.popleft()[3]
        self.tell()

    # audio

    def add_audio(self, run: AudioRun, content: Json, sound_bytes: int, characters: int) -> None:
        """Add a frame to a run that is not over; its first frame begins the run."""
        if not run.frames:
            self._runs.append(run)
        self.seq += 1
        self._without_entry += 1
        run.add(self.seq, self._clock.now_ms(), content, sound_bytes, characters)
        self.tell()

    def end_run(self, run: AudioRun) -> None:
        """Add the entry of a run that is over."""
        if not run.is_open:
            return
        run.is_open = False
        self._runs.remove(run)
        fields = {**run.fields(), "content": run.content(), "run": run}
        size = run.size + SIZE_OF_FINDING * len(run.findings)
        self.keep("frame", size, tuple(fields), *fields.values())

    def end_runs(self) -> None:
        """End all runs, for somebody who asks for everything."""
        for run in list(self._runs):
            self.end_run(run)

    def tell(self) -> None:
        """Call those who watch."""
        for watcher in self.watchers:
            watcher()

    def entries(self, after: int = 0, **wanted: Json) -> Iterator[JsonObject]:
        """Those past the number `after` whose fields are as wanted; None wants nothing."""
        for entry in self.kept(after, **wanted):
            yield shown_entry(entry)

    def singly(self, after: int = 0, **wanted: Json) -> list[JsonObject]:
        """Return the entries with each audio frame by itself, as everybody may see them."""
        return [shown_entry(entry) for entry in self.kept_singly(after, **wanted)]

    def kept_singly(self, after: int = 0, **wanted: Json) -> list[JsonObject]:
        """Return the entries with each audio frame by itself, those of open runs included.

        The entries of runs are left out. What is kept has credentials in it (`shown_entry`).
        """
        asked = _asked(wanted)
        found, runs = list[JsonObject](), list(self._runs)
        for entry in self.kept(after, kind=asked.get("kind")):
            if "run" in entry:
                runs.append(entry["run"])
            elif _fits(entry, asked):
                found.append(entry)
        if runs and asked.get("kind", "frame") == "frame":
            frames = (entry for run in runs for entry in run.entries(after))
            found += [entry for entry in frames if _fits(entry, asked)]
            found.sort(key=itemgetter("seq"))
        return found

    def kept(self, after: int = 0, **wanted: Json) -> Iterator[JsonObject]:
        """Return entries as they are kept: with credentials, and bytes as bytes (`shown_entry`)."""
        asked = _asked(wanted)
        seen = bisect_right(self._entries, after, key=itemgetter(0))
        for seq, kind, at_ms, _, names, *values in list(islice(self._entries, seen, None)):
            entry = {
                "seq": seq,
                "kind": kind,
                "at_ms": at_ms,
                **dict(zip(names, values, strict=True)),
            }
            if _fits(entry, asked):
                yield entry

    def forget(self, seqs: Container[int]) -> None:
        """Without the entries of these numbers, which are given to no other."""
        before = len(self._entries)
        self._entries = deque(entry for entry in self._entries if entry[0] not in seqs)
        self._bytes = sum(entry[3] for entry in self._entries)
        self._without_entry += before - len(self._entries)


def _asked(wanted: JsonObject) -> JsonObject:
    return {name: value for name, value in wanted.items() if value is not None}


def _fits(entry: JsonObject, asked: JsonObject) -> bool:
    return all(entry.get(name) == value for name, value in asked.items())


def shown_entry(entry: JsonObject) -> JsonObject:
    """Return an entry, as it is kept, as everybody may see it: without credentials."""
    return {name: shown_field(name, value) for name, value in entry.items()}


def shown_field(name: str, value: Json) -> Json:
    """Return a field as everybody may see it: without credentials, as JSON can hold it."""
    if isinstance(value, JsonText):
        content = read(memoryview(value))
        return hide_in_json(content) if may_hold_secrets(value) else content
    if name == "request_headers":
        return shown_headers(value)
    if isinstance(value, bytes):
        text = value.decode(errors="replace")
        if not may_hold_secrets(value):
            return text
        return hide_in_query(text) if name == "query" else hide_in_body(text)
    plain = plain_field(name, value)
    return plain if name == "findings" else hide_in_json(plain)


def plain_field(name: str, value: Json) -> Json:
    """Return a field as a test compares it: with all that it holds, as JSON can hold it."""
    if isinstance(value, JsonText):
        return read(memoryview(value))
    if name == "request_headers":
        return plain_headers(value)
    if isinstance(value, AudioRun):
        return value.to_json()
    if name == "findings":  # kept as they were found, since few are looked at
        return [finding.to_json() for finding in value]
    return value.decode(errors="replace") if isinstance(value, bytes) else value
