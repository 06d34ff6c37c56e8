"""The parts of the sockets that clients can exercise, and findings about their messages."""

from collections.abc import Sequence
from functools import partial

from emulator.apis.expression.findings import judge_errors, judge_first_frame
from emulator.contract.findings import Finding, find
from emulator.contract.ledger import ClientLedger
from emulator.contract.surface import SurfacePart
from emulator.jsontext import Json, JsonObject

BROKEN = 1006
_PARTS_OF_UPDATES = ("audio", "image", "face")
_SENT: Sequence[str] = ("session.update", "session.close", "audio frame", "image frame")
_FIELDS: Sequence[str] = (
    "measurement_timer_ms",
    "audio.type",
    "audio.encoding",
    "audio.sample_rate",
    "audio.channels",
    "image.type",
    "face.threshold",
    "face.min_size",
)
_RECEIVED: Sequence[str] = (
    "session.created",
    "session.updated",
    "utterance.start",
    "utterance.end",
    "measurement.result",
    "error",
    "session.closed",
)


class SessionAuditor:
    """Judges the messages of a connection in both directions, and counts what they use."""

    def __init__(self, ledger: ClientLedger) -> None:
        self._ledger = ledger
        self._has_heard = False  # any audio

    def receive(self, content: Json, answers: Sequence[JsonObject]) -> Sequence[Finding]:
        """Judge a message by what it is answered, and count its fields."""
        if isinstance(content, dict):
            kind = content.get("type")
            self._ledger.use("expression_sent", [each for each in _SENT if each == kind])
            if kind == "session.update":
                self._ledger.use("expression_fields", _used(content))
        return judge_errors(answers)

    def receive_audio(self, data: bytes, answers: Sequence[JsonObject]) -> Sequence[Finding]:
        """Judge a frame of audio by its answers; until one is accepted, also by how it begins."""
        self._ledger.use("expression_sent", ("audio frame",))
        first = () if self._has_heard else judge_first_frame(data)
        self._has_heard |= not any(each["type"] == "error" for each in answers)
        return [*first, *judge_errors(answers)]

    def receive_image(self, answers: Sequence[JsonObject]) -> Sequence[Finding]:
        """Judge an image by what it is answered."""
        self._ledger.use("expression_sent", ("image frame",))
        return judge_errors(answers)

    def send(self, kind: str) -> Sequence[Finding]:
        """Count a message to the client."""
        self._ledger.use("expression_types", (kind,))
        return ()

    def end(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        """Judge how a connection ends."""
        if code == BROKEN and not by_server:
            return (find("socket_broken", ("socket",), code),)
        return ()


def _used(message: JsonObject) -> Sequence[str]:
    """Return the fields that an update sets."""
    names = [name for name in message if name not in _PARTS_OF_UPDATES]
    for part in _PARTS_OF_UPDATES:
        inner = message.get(part)
        names += [f"{part}.{name}" for name in inner] if isinstance(inner, dict) else []
    return [name for name in names if name in _FIELDS]


_PARTS = {
    "expression_sent": ("messages to expression sockets", _SENT),
    "expression_fields": ("fields of their session.update", _FIELDS),
    "expression_types": ("kinds of messages from them", _RECEIVED),
}
EXPRESSION_COVERAGE_PARTS = tuple(
    SurfacePart(name, counts, partial(list, names)) for name, (counts, names) in _PARTS.items()
)
