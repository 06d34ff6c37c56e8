"""Findings about clients of the socket, and what they can exercise of it."""

from collections.abc import Iterable, Sequence
from functools import partial

from emulator.contract.findings import MOST_AT_ONCE, Finding, find
from emulator.contract.ledger import ClientLedger
from emulator.contract.surface import SurfacePart
from emulator.contract.values import judge_boolean, judge_use, unknown_parameter
from emulator.credentials import CREDENTIALS
from emulator.errors import ApiError
from emulator.jsontext import Json, JsonObject
from emulator.openapi.fields import Field, use_of

OF_CLIENTS = ("fernSdkLanguage", "fernSdkVersion")
SENT = ("audio", "binary", "timestamp", "error")
BROKEN = 1006


def judge_query(ledger: ClientLedger, fields: Field, given: JsonObject) -> Sequence[Finding]:
    """Judge a query, read into names and values, and count what it uses."""
    findings, known = list[Finding](), tuple(fields.children)
    for name, value in given.items():
        field = fields.children.get(name)
        if field is None:
            if name not in (*CREDENTIALS, *OF_CLIENTS) and len(findings) < MOST_AT_ONCE:
                findings.append(unknown_parameter(name, known))
        elif isinstance(value, str) and "boolean" in field.types:
            findings += judge_boolean(("query", name), value)
    ledger.use("speech_parameters", [name for name in given if name in known])
    return findings


class SpeechAuditor:
    """Judges the frames of a connection in both directions, and counts what they use."""

    def __init__(self, ledger: ClientLedger) -> None:
        self._ledger = ledger

    def receive(self, fields: Field, content: Json) -> Sequence[Finding]:
        """Judge a message."""
        if not isinstance(content, dict):
            return ()
        use = use_of(fields, content, ("frame",))
        self._ledger.use("speech_fields", use.known)
        return judge_use(use)

    def receive_broken(self, message: str) -> Sequence[Finding]:
        """Judge a frame that is not JSON."""
        return (find("speech_refused", ("frame",), None, message=message),)

    def refused(self, error: ApiError) -> Finding:
        """Return the finding about a message that gets an error."""
        message = error.body["message"]
        return find("speech_refused", ("frame",), error.code, message=message)

    def send(self, kind: str) -> Sequence[Finding]:
        """Count a frame to the client."""
        self._ledger.use("speech_received", (kind,))
        return ()

    def end(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        """Judge how a connection ends."""
        if code == BROKEN and not by_server:
            return (find("socket_broken", ("socket",), code),)
        return ()


def _names(part: str) -> Iterable[str]:
    from emulator.apis.tts.messages import message_fields, query_fields  # on pydantic: 0.1 s

    if part == "speech_received":
        return SENT
    if part == "speech_parameters":
        return query_fields().children
    return [field.name for field in message_fields()]


_COUNTS = {
    "speech_parameters": "query parameters of text-to-speech's socket",
    "speech_fields": "fields of messages on it",
    "speech_received": "kinds of frames from it",
}
TTS_COVERAGE_PARTS = tuple(
    SurfacePart(name, counts, partial(_names, name)) for name, counts in _COUNTS.items()
)
