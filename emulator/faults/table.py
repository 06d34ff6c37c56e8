"""Lists every fault, by what it breaks. Docs, errors and the control API read this table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.errors import UsageError, closest

LONGEST_DELAY_MS = 86_400_000
DEFAULT_DELAY_MS = 5_000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CLOSE_CODES = (
    *range(1000, 1004),
    *range(1007, 1015),
    *range(3000, 5000),
)  # that a server may send
_MS = {"type": "integer", "minimum": 0, "maximum": LONGEST_DELAY_MS}
_STATUS = {"type": "integer", "minimum": 200, "maximum": 599}

# The fields of a rule: which requests, frames or webhooks it matches, and what happens to them.
FIELDS: Mapping[str, Mapping[str, Any]] = {
    "operation": {"type": "string", "description": "The operation that it breaks, by its id."},
    "method": {"type": "string", "description": "The method that it breaks, such as POST."},
    "path": {
        "type": "string",
        "maxLength": 1000,
        "description": "The path that it breaks; * stands for anything.",
    },
    "chat_id": {"type": "string", "description": "The chat that it breaks."},
    "call_sid": {"type": "string", "description": "The phone call that it breaks."},
    "turn": {"type": "integer", "minimum": 1, "description": "The user's turn, from 1."},
    "frame": {
        "type": "integer",
        "minimum": 1,
        "description": "The frame that goes to the client, from 1.",
    },
    "type": {"type": "string", "description": "The type of the frame, such as audio_output."},
    "at_ms": {
        "type": "integer",
        "minimum": 0,
        "maximum": LONGEST_DELAY_MS,
        "description": "Apply no earlier than this time of the chat, in ms on the world's clock.",
    },
    "event_name": {"type": "string", "description": "The event of the webhook that it breaks."},
    "status": {
        "oneOf": [_STATUS, {"type": "array", "items": _STATUS, "minItems": 1}],
        "description": "The status of the answer; of a list, one is drawn.",
    },
    "retry_after_s": {
        "type": "number",
        "minimum": 0,
        "description": "The header Retry-After of the answer, in seconds.",
    },
    "headers": {
        "type": "object",
        "additionalProperties": {"type": "string", "pattern": "^[ -~]*$"},
        "description": "Further headers of the answer, by name.",
    },
    "body": {"description": "The body of the answer; one in the service's words if left out."},
    "delay_ms": {
        "oneOf": [
            _MS,
            {"type": "array", "items": _MS, "minItems": 2, "maxItems": 2},
            {
                "type": "object",
                "properties": {"mean": _MS, "deviation": _MS},
                "required": ["mean", "deviation"],
                "additionalProperties": False,
            },
        ],
        "description": "How long to wait, in real ms: a number, [from, to], or about a mean.",
    },
    "bytes_per_s": {
        "type": "integer",
        "minimum": 1,
        "description": "How fast the answer comes, in bytes per second.",
    },
    "share": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "How much is lost, from 0 to 1.",
    },
    "after": {
        "type": "integer",
        "minimum": 0,
        "description": "How many lines or pieces are sent before it breaks.",
    },
    "code": {"type": "integer", "description": "The code with which the WebSocket is closed."},
    "reason": {"type": "string", "maxLength": 40, "description": "The reason of that close."},
    "error": {"type": "string", "description": "The error of the API, by slug or code."},
    "message": {"type": "string", "description": "The text of that error."},
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Says what a fault does, and by which fields, with their defaults."""

    does: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what breaks, the fields by which a rule picks it, and the faults."""

    strikes: str
    matched_by: tuple[str, ...]
    faults: Mapping[str, Fault]


KINDS: Mapping[str, Kind] = {
    "http": Kind(
        "a request of the API",
        ("operation", "method", "path"),
        {
            "status": Fault(
                "is answered with a status, in the service's words, and does nothing",
                {"status": 503, "error": None, "retry_after_s": None, "headers": {}, "body": None},
            ),
            "delay": Fault("is answered later", {"delay_ms": DEFAULT_DELAY_MS}),
            "reset": Fault("does nothing, and its connection is reset"),
            "lost": Fault("does what it asks for, but its connection is reset before the answer"),
            "truncated": Fault("is answered with half of the body, then the connection ends"),
            "garbage": Fault("is answered with a body that is not JSON"),
            "slow": Fault("is answered in drops", {"bytes_per_s": 100}),
            "error_line": Fault(
                "is answered with a stream of JSON lines that ends with an error",
                {"error": None, "after": 0},
            ),
        },
    ),
    "socket": Kind(
        "a WebSocket, or a frame on its way to the client",
        ("chat_id", "turn", "frame", "type", "at_ms"),
        {
            "refuse": Fault(
                "is refused instead of the upgrade", {"status": 503, "retry_after_s": None}
            ),
            "close": Fault("is closed with a code", {"code": 1011, "reason": ""}),
            "vanish": Fault("breaks without a close: the client sees 1006"),
            "half_frame": Fault("breaks in the middle of the frame"),
            "stall": Fault("stays open, but sends nothing any more"),
            "error": Fault(
                "sends an error frame after the frame, which may close the WebSocket",
                {"error": "uncaught", "message": None},
            ),
            "garbage": Fault("sends a text that is not JSON instead of the frame"),
            "duplicate": Fault("sends the frame twice"),
            "reorder": Fault("sends the frame after the next one"),
            "delay": Fault(
                "sends the frame, and all after it, later", {"delay_ms": DEFAULT_DELAY_MS}
            ),
        },
    ),
    "webhook": Kind(
        "a webhook",
        ("event_name", "chat_id"),
        {
            "duplicate": Fault("is sent once more after it was delivered"),
            "reorder": Fault("goes out after the next one of its chat"),
            "drop": Fault("is never sent"),
            "delay": Fault("goes out later, by delay_ms", {"delay_ms": DEFAULT_DELAY_MS}),
            "stale_timestamp": Fault("carries a valid signature, ten minutes old"),
            "wrong_key": Fault("is signed with another key"),
            "tampered_body": Fault("has a body that was changed after signing"),
            "missing_headers": Fault("carries neither signature nor timestamp"),
        },
    ),
    "model": Kind(
        "a question to a language model",
        ("chat_id", "turn"),
        {
            "delay": Fault("is answered later", {"delay_ms": DEFAULT_DELAY_MS}),
            "cut": Fault("is answered in part, then the connection breaks", {"after": 1}),
            "garbage": Fault("is answered with a line that is not JSON, then as always"),
            "status": Fault(
                "is answered with a status, and the model is not asked", {"status": 500}
            ),
            "hang": Fault("is never answered, until the chat gives up"),
        },
    ),
    "call": Kind(
        "a phone call that the emulator places",
        ("call_sid", "at_ms"),
        {
            "no_stream": Fault("has a media stream that connects and never starts"),
            "drop": Fault("has a media stream whose WebSocket breaks without a close"),
            "late": Fault(
                "has media messages that are held back, then come all at once",
                {"delay_ms": 500},
            ),
            "loss": Fault("loses some of its media messages", {"share": 0.1}),
            "hang_up": Fault("ends in the middle of what the caller is told, or at at_ms"),
        },
    ),
}


@dataclass(frozen=True, slots=True)
class FieldNote:
    """A note for a person who fills in a field of a rule."""

    hint: str
    unit: str = ""
    example: Any = None


_NTH = "from 1"
NOTES: Mapping[str, FieldNote] = {
    "times": FieldNote("How often, then no more. Left out: always.", "", 1),
    "probability": FieldNote("By chance: above 0, at most 1.", "0 to 1", 0.2),
    "operation": FieldNote("Only this operation."),
    "method": FieldNote("Only this method."),
    "path": FieldNote("Only these paths; * stands for anything.", example="*/version/*"),
    "chat_id": FieldNote(
        "Only this chat; its id is in the view Chats.",
        example="470a49f6-1dec-4afe-8b61-035d3b2d63b0",
    ),
    "call_sid": FieldNote("Only this phone call.", example="CA0123456789abcdef0123456789abcdef"),
    "turn": FieldNote("Only this turn of the user, counted in the chat.", _NTH, 2),
    "frame": FieldNote("Only this frame to the client, counted in the chat.", _NTH, 3),
    "type": FieldNote("Only frames of this type, such as those in the timeline."),
    "at_ms": FieldNote("Not before this time of the chat or call.", "ms", 2000),
    "event_name": FieldNote("Only this event."),
    "status": FieldNote("The status; of a list one is drawn.", "HTTP status", [500, 503]),
    "retry_after_s": FieldNote("The header Retry-After.", "s", 1),
    "headers": FieldNote("Headers of the answer, as a JSON object.", example={"X-Trace": "1"}),
    "body": FieldNote("The answer's body, instead of the service's.", "JSON", {"message": "no"}),
    "delay_ms": FieldNote(
        'How much later. [from, to]: anything between; {"mean": 300, "deviation": 100}: about '
        "that.",
        "ms",
        [100, 900],
    ),
    "bytes_per_s": FieldNote("How fast the body comes.", "bytes/s", 100),
    "share": FieldNote("Which part of the messages.", "0 to 1", 0.1),
    "after": FieldNote("How many lines or pieces come before it.", "", 1),
    "code": FieldNote("The close code: 1000 to 4999, as far as servers may send it.", "", 1011),
    "reason": FieldNote("The reason of the close, at most 40 characters.", example="going away"),
    "error": FieldNote("The slug or code of an error of the API."),
    "message": FieldNote("The text of the error, instead of the service's.", example="Sorry."),
}


class FaultMistake(UsageError):
    """A rule can't be made: `field` says which of its fields is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def check_fault(kind: str, fault: str) -> Fault:
    """Return the fault of that kind. Raises FaultMistake if it does not exist."""
    if kind not in KINDS:
        hint = closest(kind, list(KINDS))
        raise FaultMistake("kind", f"no kind of fault {kind!r}{hint}; known: {', '.join(KINDS)}")
    faults = KINDS[kind].faults
    if fault not in faults:
        hint = closest(fault, list(faults))
        known = ", ".join(faults)
        raise FaultMistake("fault", f"no {kind} fault {fault!r}{hint}; known: {known}")
    return faults[fault]
