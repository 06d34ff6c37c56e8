"""Records a call: its end, its transcript, its problems, and how both sides sounded."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from emulator.audio.mulaw import RATE, SILENCE
from emulator.jsontext import Json, JsonObject
from emulator.redaction.text import hide_in_text
from emulator.twilio.events import CallEvent, Kind, Watch

Status: TypeAlias = Literal["completed", "failed", "busy", "no-answer"]
_SPEAKERS: Mapping[str, Literal["caller", "answerer", "twilio"]] = {
    "caller": "caller",
    "answerer": "answerer",
    "twilio": "twilio",
}
_BYTES_PER_MS = RATE // 1000
_MOST_PROBLEMS = 100  # that a call tells


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """A line of the transcript: who says what, from when until when (ms since the call's start)."""

    at_ms: int
    until_ms: int
    who: Literal["caller", "answerer", "twilio"]
    text: str

    def to_json(self) -> JsonObject:
        return {
            "at_ms": self.at_ms,
            "until_ms": self.until_ms,
            "who": self.who,
            "text": self.text,
        }


class CallSound:
    """Both sides of a call as mu-law; where nobody speaks, there is silence."""

    def __init__(self) -> None:
        self._caller, self._answerer = bytearray(), bytearray()

    def add(self, at_ms: int, caller: bytes, answerer: bytes) -> None:
        """Add what both sides sound like from `at_ms` on, at the end of what was added before."""
        for side, sound in ((self._caller, caller), (self._answerer, answerer)):
            missing = at_ms * _BYTES_PER_MS - len(side)
            side += bytes([SILENCE]) * missing
            side += sound

    def sides(self) -> tuple[bytes, bytes]:
        """Return the caller's side and the answerer's, which last equally long."""
        return bytes(self._caller), bytes(self._answerer)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call that is over. Times are in ms since its start, its duration since it was answered."""

    call_sid: str
    from_number: str
    to_number: str
    status: Status
    duration_ms: int = 0
    stream_sids: tuple[str, ...] = ()
    lines: tuple[TranscriptLine, ...] = ()
    notices: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    events: tuple[CallEvent, ...] = ()
    caller_sound: bytes = field(default=b"", repr=False)
    answerer_sound: bytes = field(default=b"", repr=False)

    @property
    def is_fine(self) -> bool:
        """True if the call was completed without a problem."""
        return self.status == "completed" and not self.problems

    def to_json(self) -> JsonObject:
        """Return all but the events and the sound."""
        return {
            "call_sid": self.call_sid,
            "from_number": self.from_number,
            "to_number": self.to_number,
            "status": self.status,
            "duration_ms": self.duration_ms,
            "stream_sids": list(self.stream_sids),
            "lines": [line.to_json() for line in self.lines],
            "notices": list(self.notices),
            "problems": list(self.problems),
        }


class Recorder:
    """Tells what happens to a watcher, and remembers it for the call's record."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._events: list[CallEvent] = []
        self._problems = 0
        self.at_ms = 0  # since the call's start; the line moves it
        self.sound = CallSound()

    def tell(
        self,
        kind: Kind,
        text: str = "",
        *,
        at_ms: int | None = None,
        until_ms: int | None = None,
        **data: Json,
    ) -> None:
        """Tell an event of now, or of a time (ms) that was given."""
        when = self.at_ms if at_ms is None else at_ms
        event = CallEvent(kind, when, text, until_ms, _without_keys(data))
        self._events.append(event)
        self._watch(event)

    def problem(self, text: str) -> None:
        """Tell a problem; of very many, only the first ones."""
        self._problems += 1
        if self._problems > _MOST_PROBLEMS:
            return
        """Tell a problem, without keys that a URL in it may have."""
        self.tell("problem", hide_in_text(text))

    def notice(self, text: str) -> None:
        """Tell a notice, once in a call."""
        if text not in self._texts("notice"):
            self.tell("notice", text)

    def finish(self, record: CallRecord) -> CallRecord:
        """Return the record with all that was told, and the sound."""
        caller, answerer = self.sound.sides()
        started = (each for each in self._events if each.kind == "stream_started")
        return replace(
            record,
            stream_sids=tuple(str(each.data["stream_sid"]) for each in started),
            lines=tuple(self._lines()),
            notices=self._texts("notice"),
            problems=self._texts("problem"),
            events=tuple(self._events),
            caller_sound=caller,
            answerer_sound=answerer,
        )

    def _texts(self, kind: Kind) -> tuple[str, ...]:
        return tuple(event.text for event in self._events if event.kind == kind)

    def _lines(self) -> list[TranscriptLine]:
        lines = [
            TranscriptLine(
                event.at_ms, event.until_ms or event.at_ms, _SPEAKERS[event.kind], event.text
            )
            for event in self._events
            if event.kind in _SPEAKERS
        ]
        # Who cuts in comes behind what is cut into.
        return sorted(lines, key=lambda line: (line.at_ms, line.who == "caller"))


def _without_keys(data: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return an event's data without the keys that URLs and attributes of verbs may have."""
    hidden: JsonObject = {}
    for name, value in data.items():
        if isinstance(value, dict):
            hidden[name] = _without_keys(value)
        else:
            hidden[name] = hide_in_text(value) if isinstance(value, str) else value
    return hidden
