"""Every kind of finding about a client: docs, reports and the judges read this table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from emulator.errors import Loc, pointer
from emulator.jsontext import Json, JsonObject, render
from emulator.redaction.names import is_secret_name
from emulator.redaction.values import hidden, hide_in_json, hide_in_string

LEVELS = ERROR, WARNING = "error", "warning"
_LONGEST = 300  # characters of a value, or of a step to its place
_LONGEST_TEXT = 1_000
_LOOKED_AT = 10_000  # characters of a text that may hold credentials: to look takes time
_IN_OUR_WORDS = ("credentials_refused", "parameter_repeated")  # `got` is no value of a client's
MOST_AT_ONCE = 1_000  # of one kind, in one request or frame: each takes time and memory


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One kind: how bad it is, when it is found, and its texts, which are format strings."""

    level: str
    when: str
    expected: str
    hint: str = ""


FINDINGS: Mapping[str, FindingKind] = {
    # requests
    "path_unknown": FindingKind(
        ERROR, "nothing answers the path", "a path of the document", "{hint}"
    ),
    "method_unknown": FindingKind(ERROR, "the path does not allow the method", "one of {allowed}"),
    "credentials_refused": FindingKind(
        ERROR,
        "there is no key or token, or one that is not accepted",
        "an API key in X-Hume-Api-Key, or an access token",
        "{hint}",
    ),
    "request_invalid": FindingKind(
        ERROR, "the request is answered 422; a finding for each problem", "{problem}"
    ),
    "request_refused": FindingKind(
        ERROR, "the request is answered 400 or 409: well-formed, but wrong", "{message}"
    ),
    "body_too_large": FindingKind(ERROR, "the request is answered 413", "{message}"),
    "field_unknown": FindingKind(
        WARNING,
        "no schema knows a field of a body or a frame, so it does nothing",
        "one of {known}",
        "{hint}",
    ),
    "parameter_unknown": FindingKind(
        WARNING,
        "the operation, or the chat's handshake, has no such query parameter",
        "{known}",
        "{hint}",
    ),
    "parameter_repeated": FindingKind(
        WARNING, "a query parameter is given more than once", "one value", "the last one counts"
    ),
    "value_coerced": FindingKind(
        WARNING, "a value passes only because it is read generously", "{expected}"
    ),
    "value_unlisted": FindingKind(
        WARNING,
        "an open field has a value that neither the document nor one of Hume's SDKs lists",
        "a value that the document or one of Hume's SDKs lists",
        "{hint}",
    ),
    "deprecated": FindingKind(
        WARNING,
        "the document marks an operation, a parameter or a field that is used as deprecated",
        "{instead}",
    ),
    "page_base": FindingKind(
        WARNING,
        "page 1 of a list is asked for, and page 0 never was",
        "0 for the first page",
        "pages count from 0: what is on the first one is never seen",
    ),
    "body_unexpected": FindingKind(
        WARNING, "a body comes with an operation that takes none", "no body", "it is ignored"
    ),
    "content_type_missing": FindingKind(
        WARNING, "a body comes without a Content-Type", "application/json"
    ),
    "accept_excludes_json": FindingKind(
        WARNING, "the Accept header leaves out what the API answers", "application/json, or */*"
    ),
    "key_in_query": FindingKind(
        WARNING,
        "the API key of a REST request is in its query, where logs have it",
        "the header X-Hume-Api-Key",
    ),
    "voice_unlisted": FindingKind(
        WARNING,
        "a config, or a chat's session settings, name a library voice that the emulator's list "
        "lacks; the real library may have it",
        "a voice that GET /v0/tts/voices lists",
        "{hint}",
    ),
    # chats
    "credential_spelling": FindingKind(
        WARNING,
        "a handshake spells its key or token as official clients did until late 2025",
        "{instead}",
        "the service may refuse the older spelling; newer clients send {instead}",
    ),
    "frame_invalid": FindingKind(
        ERROR, "a frame is no JSON, or no message as its type wants it", "{problem}"
    ),
    "frame_unknown": FindingKind(
        ERROR, "no message has the type of a frame", "one of {known}", "{hint}"
    ),
    "tool_call_unknown": FindingKind(
        ERROR, "a tool's answer names a call that waits for none", "{known}", "{hint}"
    ),
    "tool_call_unanswered": FindingKind(
        ERROR,
        "the client leaves, or the chat ends, while a tool call waits for its answer",
        "a tool_response or tool_error for the call",
        "call of {name}",
    ),
    "audio_refused": FindingKind(
        ERROR, "a client that joined a chat sends audio into it", "{message}"
    ),
    "audio_undecodable": FindingKind(
        ERROR,
        "audio can't be decoded",
        "raw 16-bit PCM, WAV, WebM, Ogg, MP3, AAC or MP4",
        "{cause}",
    ),
    "message_in_bytes": FindingKind(
        WARNING,
        "a message comes as a binary frame, which counts as sound",
        "a text frame: binary frames are sound",
    ),
    "variable_missing": FindingKind(
        WARNING, "the prompt has a variable that nothing gives a value", "{message}"
    ),
    "chat_refused": FindingKind(
        ERROR, "a chat ends at once: its config or group does not exist", "{message}"
    ),
    "socket_unread": FindingKind(
        ERROR, "the client does not read, and is cut off", "a client that reads as it is sent to"
    ),
    "socket_broken": FindingKind(
        WARNING, "the client is gone without a close frame", "a close frame (1000)"
    ),
    # webhooks
    "webhook_refused": FindingKind(
        ERROR, "a webhook's receiver answers with another status than 2xx", "a 2xx"
    ),
    "webhook_unanswered": FindingKind(
        ERROR, "a webhook's receiver can't be reached, or doesn't answer in time", "a 2xx in time"
    ),
    "webhook_slow": FindingKind(
        WARNING,
        "a webhook's receiver takes more than half of the time it has",
        "an answer within {limit_ms} ms",
        "answer first, work later",
    ),
    "webhook_unverified": FindingKind(
        ERROR,
        "a receiver takes a webhook whose signature or time is wrong on request",
        "a 4xx for a webhook with the fault {fault}",
        "check the signature over body and timestamp, and that the timestamp is fresh",
    ),
}


class Finding(NamedTuple):  # which is made faster than a frozen dataclass
    """One thing that a client got wrong. The first step of `loc` says where to look:

    body, query, path, headers, frame, socket or webhook.
    """

    code: str
    loc: Loc
    expected: str
    got: Json = None
    hint: str = ""

    @property
    def level(self) -> str:
        return FINDINGS[self.code].level

    @property
    def place(self) -> str:
        return pointer(self.loc)

    def to_json(self) -> JsonObject:
        return {
            "code": self.code,
            "level": self.level,
            "place": self.place,
            "expected": self.expected,
            "got": self.got,
            "hint": self.hint,
        }


def find(code: str, loc: Loc, got: Json = None, **values: object) -> Finding:
    """A finding of a kind: `values` fill in its texts. Of what is long, the beginning is kept."""
    kind = FINDINGS[code]
    expected = _in_short(kind.expected.format(**values), _LONGEST_TEXT)
    hint = kind.hint and _in_short(kind.hint.format(**values), _LONGEST_TEXT)
    short = tuple(_in_short(step) if isinstance(step, str) else step for step in loc)
    shown = got if code in _IN_OUR_WORDS else _shown(loc, got)
    return Finding(code, short, expected, shown, hint)


def beginning(text: str, longest: int = _LONGEST) -> str:
    """The text if it is not too long, else how it begins."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... ({len(text)} characters)"


def _in_short(text: str, longest: int = _LONGEST) -> str:
    """The text without credentials, or how it begins."""
    if len(text) <= _LOOKED_AT:
        return beginning(hide_in_string(text), longest)
    return f"{hide_in_string(text[:_LOOKED_AT])[:longest]}... ({len(text)} characters)"


def _shown(loc: Loc, got: Json) -> Json:
    """Return a value without credentials, and not too long; a name alone is no credential."""
    if got is None:
        return got
    is_name = isinstance(got, str) and got == loc[-1]
    is_secret = any(isinstance(step, str) and is_secret_name(step[:_LOOKED_AT]) for step in loc)
    if isinstance(got, str) and len(got) > _LOOKED_AT and not is_secret:
        return _in_short(render(got).decode())
    shown = hidden(got) if is_secret and not is_name else hide_in_json(got)
    if type(shown) is int:
        return shown
    text = render(shown).decode()
    return shown if len(text) <= _LONGEST else beginning(text)
