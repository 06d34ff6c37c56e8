"""Findings about a client: the table of their kinds, to which APIs add theirs, and how one is made.

Docs, reports and the auditors read this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from emulator.errors import Loc, pointer
from emulator.jsontext import Json, JsonObject, render
from emulator.openapi.openness import LISTED_VALUE
from emulator.redaction.names import is_secret_name
from emulator.redaction.values import hidden, hide_in_json, hide_in_string

LEVELS = ERROR, WARNING = "error", "warning"
_LONGEST = 300  # characters of a value, or of a step to its place
_LONGEST_TEXT = 1_000
_LOOKED_AT = 10_000  # characters of a text that are searched for credentials, which takes time
_IN_OUR_WORDS = (
    "body_unexpected",
    "credentials_refused",
    "parameter_repeated",
)  # `got` is not a client's value
# Clients repeat their mistakes: findings about short values are made once.
FINDINGS_REMEMBERED = 256
LONGEST_REMEMBERED = 100  # characters of a value
MOST_AT_ONCE = 1_000  # findings of one kind in a request or frame: each takes time and memory


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One kind: how bad it is, when it is found, and its texts, which are format strings.

    `refusable` marks a mistake that the settings may refuse. The finding about the refusal, at the
    same place, then replaces the finding about the mistake.
    """

    level: str
    when: str
    expected: str
    hint: str = ""
    refusable: bool = False


# Kinds by code: first the kinds that clients of any API may cause, then what APIs register.
FINDINGS: dict[str, FindingKind] = {
    # requests
    "path_unknown": FindingKind(
        ERROR, "no operation has the path", "a path of the document", "{hint}"
    ),
    "method_unknown": FindingKind(ERROR, "the path does not allow the method", "one of {allowed}"),
    "credentials_refused": FindingKind(
        ERROR,
        "there is no key or token, or the emulator does not accept it",
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
        refusable=True,
    ),
    "parameter_unknown": FindingKind(
        WARNING,
        "the operation, or the chat's handshake, has no such query parameter",
        "{known}",
        "{hint}",
        refusable=True,
    ),
    "parameter_repeated": FindingKind(
        WARNING, "a query parameter is given more than once", "one value", "the last one counts"
    ),
    "value_coerced": FindingKind(
        WARNING, "a value passes only because the emulator converts it", "{expected}"
    ),
    "value_unlisted": FindingKind(
        WARNING,
        "an open field has a value that neither the document nor one of Hume's SDKs lists",
        LISTED_VALUE,
        "{hint}",
        refusable=True,
    ),
    "deprecated": FindingKind(
        WARNING,
        "the document marks an operation, a parameter or a field that is used as deprecated",
        "{instead}",
    ),
    "page_base": FindingKind(
        WARNING,
        "a client asks for page 1 of a list, and never for page 0",
        "0 for the first page",
        "pages count from 0: what is on the first one is never seen",
    ),
    "body_unexpected": FindingKind(
        WARNING, "a body comes with an operation that takes none", "no body", "it is ignored"
    ),
    "content_type_missing": FindingKind(
        WARNING, "a body comes without a Content-Type", "{media_type}"
    ),
    "accept_excludes_json": FindingKind(
        WARNING,
        "the Accept header excludes the JSON of the API's answers",
        "application/json, or */*",
    ),
    "key_in_query": FindingKind(
        WARNING,
        "the API key of a REST request is in its query, where logs have it",
        "the header X-Hume-Api-Key",
    ),
    # sockets
    "frame_invalid": FindingKind(
        ERROR, "a frame is not JSON, or does not match the schema of its type", "{problem}"
    ),
    "frame_unknown": FindingKind(
        ERROR, "a frame has a type that no message has", "one of {known}", "{hint}"
    ),
    "socket_unread": FindingKind(
        ERROR, "the client does not read, and is cut off", "a client that reads as it is sent to"
    ),
    "socket_broken": FindingKind(
        WARNING, "the client is gone without a close frame", "a close frame (1000)"
    ),
    # webhooks
    "webhook_refused": FindingKind(
        ERROR, "a webhook's receiver answers with a status other than 2xx", "a 2xx"
    ),
    "webhook_unanswered": FindingKind(
        ERROR, "a webhook's receiver can't be reached, or doesn't answer in time", "a 2xx in time"
    ),
    "webhook_slow": FindingKind(
        WARNING,
        "a webhook's receiver takes more than half of the allowed time",
        "an answer within {limit_ms} ms",
        "answer first, work later",
    ),
    "webhook_unverified": FindingKind(
        ERROR,
        "a receiver accepts a webhook to which a fault gave a wrong signature or time",
        "a 4xx for a webhook with the fault {fault}",
        "check the signature over body and timestamp, and that the timestamp is fresh",
    ),
}


def register_findings(kinds: Mapping[str, FindingKind]) -> None:
    """Add the kinds of an API. Raises ValueError for a code that another kind has."""
    for code, kind in kinds.items():
        if FINDINGS.setdefault(code, kind) != kind:
            raise ValueError(f"two kinds of findings have the code {code!r}; rename one of them")


class Finding(NamedTuple):  # which is made faster than a frozen dataclass
    """One thing that a client got wrong.

    The first step of `loc` says where to look: body, query, path, headers, frame, socket or
    webhook. `hint` says what was meant; `fate` says what the emulator does with a mistake that it
    does not refuse.
    """

    code: str
    loc: Loc
    expected: str
    got: Json = None
    hint: str = ""
    fate: str = ""

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
            "hint": "; ".join(part for part in (self.fate, self.hint) if part),
        }


def find(code: str, loc: Loc, got: Json = None, fate: str = "", **values: object) -> Finding:
    """Make a finding of a kind: `values` fill in its texts. Long texts are cut off."""
    kind = FINDINGS[code]
    expected = _in_short(kind.expected.format(**values), _LONGEST_TEXT)
    hint = kind.hint and _in_short(kind.hint.format(**values), _LONGEST_TEXT)
    value = got if code in _IN_OUR_WORDS else shown_value(loc, got)
    return Finding(code, shown_place(loc), expected, value, hint, fate)


def shown_place(loc: Loc) -> Loc:
    """Return a place without credentials, and with long names cut off."""
    return tuple(_in_short(step) if isinstance(step, str) else step for step in loc)


def beginning(text: str, longest: int = _LONGEST) -> str:
    """Return the text, or the beginning of a long one."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... ({len(text)} characters)"


def _in_short(text: str, longest: int = _LONGEST) -> str:
    """Return the text without credentials, or the beginning of a long one."""
    if len(text) <= _LOOKED_AT:
        return beginning(hide_in_string(text), longest)
    return f"{hide_in_string(text[:_LOOKED_AT])[:longest]}... ({len(text)} characters)"


def shown_value(loc: Loc, got: Json) -> Json:
    """Return a value without credentials, cut if it is long; a name alone is not a credential."""
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
