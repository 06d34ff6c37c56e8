"""The entries of a journal: one class for each kind.

The journal keeps what came in as bytes, with its credentials, and renders an entry when somebody
reads it.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar, Protocol

from emulator.journal.views import BODY, CONTENT, FINDINGS, HEADERS, QUERY, VALUE, View
from emulator.jsontext import Json, JsonObject

SIZE_OF_FINDING = 1_000  # bytes, about


class NotedFinding(Protocol):
    """A finding about a client, in the form that an entry keeps until somebody looks."""

    def to_json(self) -> JsonObject: ...


# Every request and every frame makes an entry. A frozen class takes six times as long to make one,
# keywords more than twice as long: requests and frames give the fields by position.
# An entry's repr shows no fields, because they hold credentials.


@dataclass(slots=True, eq=False, repr=False)
class Entry:
    """One thing that happened. The journal sets its number, its time and its size.

    Its JSON leaves out fields that are None, False or an empty tuple, except those in `nullable`.
    """

    kind: ClassVar[str]
    nullable: ClassVar[Container[str]] = ()
    views: ClassVar[Mapping[str, View]] = {}  # of fields that are not plain JSON values

    seq: int = field(init=False)
    at_ms: int = field(init=False)  # the world's time
    size: int = field(init=False)  # bytes

    def measure(self) -> int:
        """Return how many bytes its texts and findings take in memory, about."""
        values = self.own_fields()
        texts = sum(len(value) for value in values.values() if isinstance(value, str | bytes))
        return texts + SIZE_OF_FINDING * len(values.get("findings", ()))

    def fields(self) -> JsonObject:
        """Return its fields as they are kept, in the order of its JSON."""
        return {"seq": self.seq, "kind": self.kind, "at_ms": self.at_ms, **self.own_fields()}

    def own_fields(self) -> JsonObject:
        """Return the fields that only its kind has."""
        values = {name: getattr(self, name) for name in _names(type(self))}
        return {
            name: value
            for name, value in values.items()
            if not (value is None or value is False or value == ()) or name in self.nullable
        }

    def shown(self, name: str, value: Json) -> Json:
        """Render the value of a field for everybody: without credentials."""
        return self.views.get(name, VALUE).shown(value)

    def plain(self, name: str, value: Json) -> Json:
        """Render the value of a field for a test that compares it: with credentials."""
        return self.views.get(name, VALUE).plain(value)

    def to_json(self) -> JsonObject:
        """Render it for everybody: without credentials."""
        return {name: self.shown(name, value) for name, value in self.fields().items()}


_names_by_kind: dict[type[Entry], tuple[str, ...]] = {}


def _names(kind: type[Entry]) -> tuple[str, ...]:
    """Return the names of the fields that only this kind has."""
    if kind not in _names_by_kind:
        _names_by_kind[kind] = tuple(each.name for each in fields(kind) if each.init)
    return _names_by_kind[kind]


@dataclass(slots=True, eq=False, repr=False)
class HttpEntry(Entry):
    """A request and its answer, or a WebSocket's handshake.

    Few entries have `more` fields: of a streamed answer the size of its body, `response_bytes`, and
    how it `ended`; of a bug of the emulator its `reference` and the exception, `error`.
    """

    kind = "http"
    nullable = ("operation", "status")
    views = {
        "query": QUERY,
        "request_headers": HEADERS,
        "request": BODY,
        "response": BODY,
        "findings": FINDINGS,
    }

    operation: str | None  # id of the operation or name of the socket; None for any other path
    method: str
    path: str
    query: bytes
    status: int | None  # None if the connection was broken off before the answer
    duration_ms: float | None  # None for a handshake
    request_headers: bytes  # of `kept_headers`
    request: bytes | None  # beginning of the body; None for a handshake
    response: bytes  # beginning of the body
    findings: tuple[NotedFinding, ...] = ()
    more: Mapping[str, Json] | None = None

    @property
    def error(self) -> str | None:
        """Return the exception of a bug, if there was one."""
        error: str | None = (self.more or {}).get("error")
        return error

    def own_fields(self) -> JsonObject:
        """Return its fields; those in `more` come before the findings."""
        values = Entry.own_fields(self)
        if self.more is None:
            return values
        findings = values.pop("findings", ())
        values |= values.pop("more")
        return {**values, "findings": findings} if findings else values

    def measure(self) -> int:
        """Return how many bytes its texts and findings take in memory, about."""
        texts = len(self.path) + len(self.query) + len(self.request_headers) + len(self.response)
        return texts + len(self.request or b"") + SIZE_OF_FINDING * len(self.findings)


@dataclass(slots=True, eq=False, repr=False)
class FrameEntry(Entry):
    """A frame of a socket in one direction, "in" or "out", or the socket's end.

    `content` is text that was cut off (bytes), JSON text, or a JSON value.
    """

    kind = "frame"
    nullable = ("chat_id",)
    views = {"content": CONTENT, "findings": FINDINGS}

    chat_id: str | None
    direction: str
    content: Json = None
    error: str | None = None  # why the emulator cut the connection off
    close: int | None = None  # code with which the socket was closed
    joined: bool = False  # True for the frames of a client that joined a running chat
    simulated: bool = False  # True if nobody was there to read it
    on_phone: bool = False  # True for a message of a phone call's chat, which nobody can read
    findings: tuple[NotedFinding, ...] = ()

    def in_short(self) -> str:
        """Render who sent which message, or who ended the socket."""
        who = "client" if self.direction == "in" else "emulator"
        if self.content is None:
            return f"{who} ended the socket" + ("" if self.close is None else f" ({self.close})")
        content = CONTENT.shown(self.content)
        kind = content.get("type") if isinstance(content, dict) else None
        return f"{who} -> {kind or 'a frame without a type'}"

    def measure(self) -> int:
        """Return how many bytes its texts and findings take in memory, about."""
        texts = len(self.content) if isinstance(self.content, bytes) else 0
        return texts + SIZE_OF_FINDING * len(self.findings)


@dataclass(slots=True, eq=False, repr=False)
class WebhookEntry(Entry):
    """An attempt to deliver a webhook, or its failure without one."""

    kind = "webhook"
    nullable = ("status", "error")
    views = {"findings": FINDINGS}

    delivery_id: str
    event_name: str
    chat_id: str
    url: str
    number: int | None  # of the attempt, from 1
    status: int | None  # None if nothing answered
    error: str | None
    duration_ms: int | None = None
    faults: list[str] | None = None
    findings: tuple[NotedFinding, ...] = ()

    def own_fields(self) -> JsonObject:
        """Return its fields; a failure without an attempt has no status."""
        values = Entry.own_fields(self)
        if self.number is None:
            del values["status"]
        return values


@dataclass(slots=True, eq=False, repr=False)
class FaultEntry(Entry):
    """The use of a fault rule. `facts` say what it struck, and each is a field of the JSON."""

    kind = "fault"

    rule: str  # its id
    of: str  # the kind of rule
    fault: str
    facts: Mapping[str, Json]

    def own_fields(self) -> JsonObject:
        """Return the rule's fields, and then the facts."""
        return {"rule": self.rule, "of": self.of, "fault": self.fault, **self.facts}


@dataclass(slots=True, eq=False, repr=False)
class ModelEntry(Entry):
    """A question to a language model, and its answer; times are ms in real time."""

    kind = "model"
    nullable = ("status", "first_token_ms", "session_id", "finish", "error")
    views = {"request": BODY, "stream": BODY, "findings": FINDINGS}

    chat_id: str
    turn: int  # of the user, from 1; 0 for a greeting
    url: str  # without credentials and query
    request: bytes  # beginning of the body
    headers: list[str]  # their names
    status: int | None  # None if nothing answered
    first_token_ms: int | None
    duration_ms: int
    chunks: int
    text: str  # of the answer
    session_id: str | None  # that the model has set
    finish: str | None
    ended: str  # complete, cut, dropped, failed, ignored or timed_out
    error: str | None = None
    replayed: bool = False  # from a cassette
    faults: list[str] | None = None
    stream: bytes | None = None  # beginning of what came, as it came
    tool_call: JsonObject | None = None  # that the answer wants: name and arguments
    sent_session_id: str | None = None  # the custom session id of the request
    findings: tuple[NotedFinding, ...] = ()

    def measure(self) -> int:
        """Return how many bytes its texts and findings take in memory, about."""
        texts = len(self.request) + len(self.text) + len(self.stream or b"")
        texts += 0 if self.tool_call is None else len(str(self.tool_call))
        return texts + SIZE_OF_FINDING * len(self.findings)


@dataclass(slots=True, eq=False, repr=False)
class EarsEntry(Entry):
    """A turn of a user's sound that ears were to put into words; times are ms."""

    kind = "ears"
    nullable = ("language", "status", "text", "error")

    chat_id: str
    url: str  # without credentials and query
    model: str
    language: str | None
    sound_ms: int  # how long the sound lasts
    status: int | None = None  # None if nothing answered
    duration_ms: int = 0  # of the call, in real time
    text: str | None = None  # what was understood; empty for noise
    ended: str = "complete"  # complete, dropped or failed
    error: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class VoiceEntry(Entry):
    """A text that a server was to say; times are ms. Where it said nothing, tones are heard."""

    kind = "voice"
    nullable = ("chat_id", "status", "sound_ms", "error")

    chat_id: str | None  # None for text-to-speech, and for reconstructions
    url: str  # without credentials and query
    model: str
    voice: str
    text: str
    status: int | None = None  # None if nothing answered
    duration_ms: int = 0  # of the call, in real time
    sound_ms: int | None = None  # how long the sound lasts
    ended: str = "complete"  # complete, dropped or failed
    error: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class CallEntry(Entry):
    """Something that happened in a phone call that the emulator placed.

    Times are ms since the call's start. `data` has what only this event has.
    """

    kind = "call"

    call_sid: str
    event: str
    call_ms: int
    text: str | None = None
    until_ms: int | None = None
    data: JsonObject = field(default_factory=dict)


@dataclass(slots=True, eq=False, repr=False)
class ClockEntry(Entry):
    """A change of the world's clock, such as an advance by `ms`, or a wait for a frozen one.

    A wait ends once the clock has been advanced by `ms`; `what` says what waits.
    """

    kind = "clock"

    action: str
    mode: str
    ms: int | None = None
    what: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class ScriptEntry(Entry):
    """A mistake of a script, noticed while a chat followed it, or news of the script's file."""

    kind = "script"
    nullable = ("chat_id",)

    chat_id: str | None
    finding: str
    message: str


@dataclass(slots=True, eq=False, repr=False)
class WorldEntry(Entry):
    """The fate of the world that the key had before: it has expired."""

    kind = "world"

    action: str
    before_ms: int  # when that was, by the wall clock
    idle_minutes: int  # for which nobody had used it
    name: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class BugEntry(Entry):
    """A bug of the emulator in a chat or a timer; one in a request is in the request's entry."""

    kind = "bug"
    nullable = ("chat_id",)

    chat_id: str | None
    reference: str
    error: str


KINDS = tuple(
    each.kind
    for each in (
        HttpEntry, FrameEntry, WebhookEntry, FaultEntry, ModelEntry, EarsEntry, VoiceEntry,
        CallEntry, ClockEntry, ScriptEntry, WorldEntry, BugEntry,
    )
)  # fmt: skip
