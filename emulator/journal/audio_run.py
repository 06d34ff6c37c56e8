"""Runs of audio: frames of a client's sound that follow each other share one journal entry."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from emulator.jsontext import Json, JsonObject

MOST_FRAMES = 1_000
LONGEST_MS = 1_000
_SIZE_OF_FRAME = 150  # bytes that a frame takes in memory, about


class AudioFrame(NamedTuple):
    """One frame: its number in the journal, its time, and what the journal shows of it."""

    seq: int
    at_ms: int
    content: Json


@dataclass(slots=True, eq=False)
class AudioRun:
    """Audio frames of one type that a chat's client sent one after the other.

    `type` is that of the frames' content: "audio" (binary frames) or "audio_input". `findings` are
    the same for each frame.
    """

    chat_id: str | None
    type: str
    joined: bool
    findings: Sequence[object] = ()
    frames: list[AudioFrame] = field(default_factory=list)
    bytes: int = 0
    characters: int = 0  # of the sound of audio_input messages, which is base64 text
    size: int = 0  # bytes that it takes in memory, about
    is_open: bool = True

    def add(self, seq: int, at_ms: int, content: Json, sound_bytes: int, characters: int) -> None:
        """Append a frame; contents that are equal are kept once."""
        if self.frames and self.frames[-1].content == content:
            content = self.frames[-1].content
        elif isinstance(content, bytes):
            self.size += len(content)
        self.size += _SIZE_OF_FRAME
        self.frames.append(AudioFrame(seq, at_ms, content))
        self.bytes += sound_bytes
        self.characters += characters

    def accepts(self, type: str, findings: Sequence[object], now_ms: int) -> bool:
        """True if one more frame like this belongs to the run."""
        return (
            self.is_open
            and type == self.type
            and findings == self.findings
            and len(self.frames) < MOST_FRAMES
            and now_ms - self.frames[0].at_ms < LONGEST_MS
        )

    def fields(self) -> JsonObject:
        """Return the fields of its journal entry, and of each of its frames, but for `content`."""
        more: JsonObject = {"joined": True} if self.joined else {}
        if self.findings:
            more["findings"] = self.findings
        return {"chat_id": self.chat_id, "direction": "in", **more}

    def content(self) -> JsonObject:
        """Return what the journal would show of one frame with all of its sound."""
        if self.type == "audio":
            return {"type": self.type, "bytes": self.bytes}
        return {"type": self.type, "data": f"({self.characters} characters)"}

    def to_json(self) -> JsonObject:
        """Return the numbers and times of its first and last frame, and how much it holds."""
        first, last = self.frames[0], self.frames[-1]
        return {
            "first_seq": first.seq,
            "count": len(self.frames),
            "bytes": self.bytes,
            "first_ms": first.at_ms,
            "last_ms": last.at_ms,
        }

    def entries(self, after: int) -> Iterator[JsonObject]:
        """Yield an entry for each of its frames past the number `after`."""
        fields = self.fields()
        first = bisect_right(self.frames, after, key=itemgetter(0))
        for seq, at_ms, content in islice(self.frames, first, None):
            named = {"seq": seq, "kind": "frame", "at_ms": at_ms}
            yield {**named, **fields, "content": content}
