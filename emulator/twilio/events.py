"""Events of a call, as they happen: for a transcript, a journal, a command's output."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from emulator.jsontext import Json, JsonObject

Kind: TypeAlias = Literal[
    "dialled",  # the first request is about to be sent; data: url, call_sid, from_number, to_number
    "document",  # TwiML has come; data: url, verbs
    "answered",  # the first verb runs
    "verb",  # a verb begins; text: its name; data: its attributes
    "twilio",  # Say is heard; text, until_ms
    "caller",  # the caller begins to speak; text, until_ms
    "answerer",  # the other side has spoken through a stream; text, until_ms
    "key",  # the caller has pressed a key; text: the key
    "stream_started",  # data: stream_sid, url, name, two_way
    "mark",  # a mark was reached or cleared; text: its name
    "clear",  # the other side has dropped sound; data: dropped_ms
    "stream_ended",  # text: why; data: stream_sid
    "callback",  # a status callback was sent; text: its event; data: url, status
    "fault",  # a fault strikes; text: its name; data: the rule
    "notice",  # something that differs from a call with Twilio
    "problem",  # something that a person should mend
    "ended",  # text: the call's status; data: duration_ms
]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something that happens in a call, `at_ms` after its start; what lasts has an end, too."""

    kind: Kind
    at_ms: int
    text: str = ""
    until_ms: int | None = None
    data: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        until = {} if self.until_ms is None else {"until_ms": self.until_ms}
        text = {"text": self.text} if self.text else {}
        return {"event": self.kind, "at_ms": self.at_ms, **until, **text, **self.data}


Watch: TypeAlias = Callable[[CallEvent], None]
