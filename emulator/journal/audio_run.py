"""Runs of audio: consecutive frames of a client's sound share one journal entry."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from emulator.journal.entries import SIZE_OF_FINDING, Entry, FrameEntry, NotedFinding
from emulator.journal.views import RUN
from emulator.jsontext import Json, JsonObject

MOST_FRAMES = 1_000
LONGEST_MS = 1_000
_SIZE_OF_RUN, _SIZE_OF_FRAME = 800, 30  # bytes in memory, about: with its entry, of each frame


class AudioFrame(NamedTuple):
    """One frame: its number in the journal, its time, and its content as the journal shows it."""

    seq: int
    at_ms: int
    content: Json


@dataclass(slots=True, eq=False)
class AudioRun:
    """Audio frames of one type that a client sent one after the other.

    `type` is the type of the frames' content. The frames are binary, or messages with base64 text.
    Each frame has the same `findings`. Streams send 50 frames a second, so numbers and times are in
    arrays: a frame as an object of its own takes five times the memory.
    """

    chat_id: str | None
    type: str
    joined: bool
    is_binary: bool = True
    findings: tuple[NotedFinding, ...] = ()
    bytes: int = 0
    characters: int = 0  # of base64 text
    size: int = _SIZE_OF_RUN  # bytes that the run takes in memory, about
    is_open: bool = True
    _seqs: "array[int]" = field(default_factory=lambda: array("q"))
    _times: "array[int]" = field(default_factory=lambda: array("q"))  # ms
    _contents: list[Json] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return the number of its frames."""
        return len(self._seqs)

    @property
    def frames(self) -> list[AudioFrame]:
        """Return its frames, in order."""
        return list(map(AudioFrame, self._seqs, self._times, self._contents))

    def add(self, seq: int, at_ms: int, content: Json, sound_bytes: int, characters: int) -> None:
        """Append a frame; equal contents are kept once."""
        contents = self._contents
        if contents and contents[-1] == content:
            content = contents[-1]
        elif isinstance(content, bytes):
            self.size += len(content)
        self.size += _SIZE_OF_FRAME
        self._seqs.append(seq)
        self._times.append(at_ms)
        contents.append(content)
        self.bytes += sound_bytes
        self.characters += characters

    def accepts(self, type: str, findings: Sequence[NotedFinding], now_ms: int) -> bool:
        """True if one more frame like this belongs to the run."""
        return (
            self.is_open
            and type == self.type
            and findings == self.findings
            and len(self._seqs) < MOST_FRAMES
            and now_ms - self._times[0] < LONGEST_MS
        )

    def content(self) -> JsonObject:
        """Return what the journal would show of one frame with all of its sound."""
        if self.is_binary:
            return {"type": self.type, "bytes": self.bytes}
        return {"type": self.type, "data": f"({self.characters} characters)"}

    def to_json(self) -> JsonObject:
        """Return the numbers and times of its first and last frame, and how much it holds."""
        return {
            "first_seq": self._seqs[0],
            "count": self.count,
            "bytes": self.bytes,
            "first_ms": self._times[0],
            "last_ms": self._times[-1],
        }

    def entry(self) -> "AudioEntry":
        """Make the entry of the whole run."""
        return self._new_entry(self.content(), self)

    def entries(self, after: int) -> Iterator["AudioEntry"]:
        """Yield an entry for each of its frames past the number `after`."""
        for seq, at_ms, content in self.frames[bisect_right(self._seqs, after) :]:
            entry = self._new_entry(content)
            entry.seq, entry.at_ms = seq, at_ms
            yield entry

    def _new_entry(self, content: Json, run: "AudioRun | None" = None) -> "AudioEntry":
        return AudioEntry(
            chat_id=self.chat_id, direction="in", joined=self.joined, findings=self.findings,
            content=content, run=run,
        )  # fmt: skip


@dataclass(slots=True, eq=False, repr=False)
class AudioEntry(FrameEntry):
    """A run of audio frames, or a single frame of one."""

    views = {**FrameEntry.views, "run": RUN}

    run: AudioRun | None = None

    def measure(self) -> int:
        """Return how many bytes the run takes in memory, about."""
        size = 0 if self.run is None else self.run.size
        return size + SIZE_OF_FINDING * len(self.findings)

    def own_fields(self) -> JsonObject:
        """Return its fields; what the run holds comes last."""
        values = Entry.own_fields(self)
        for name in ("content", "run"):
            if name in values:
                values[name] = values.pop(name)
        return values
