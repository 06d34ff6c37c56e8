"""The parts that sessions of audio and of video share: messages, errors, ends.

A session is a machine without I/O: it takes messages and the time, and returns messages to send
(docs/protocol.md#sockets-of-expression-measurement).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeAlias

from emulator.apis.expression.configuration import ConfigProblem, Settings
from emulator.apis.expression.run import Run
from emulator.errors import closest
from emulator.jsontext import Json, JsonObject, JsonTextError, parse

Messages: TypeAlias = list[JsonObject]

CLIENT_REQUEST, SERVER_SHUTDOWN = "client_request", "server_shutdown"
IDLE_TIMEOUT, ERROR = "idle_timeout", "error"
CLOSE_CODES: Mapping[str, int] = {  # by the reason
    CLIENT_REQUEST: 1000,
    IDLE_TIMEOUT: 1000,
    SERVER_SHUTDOWN: 1001,
    ERROR: 1008,
}
ERROR_CODES = (
    "invalid_audio_frame",
    "invalid_image_frame",
    "message_invalid",
    "rate_limited",
    "config_invalid",
    "message_too_large",
    "internal_error",
)
_EVENTS: Mapping[str, str] = {  # of a run, by the error that was sent; others leave none
    "invalid_audio_frame": "invalid_audio_frame",
    "invalid_image_frame": "invalid_image_frame",
    "rate_limited": "rate_limited",
    "internal_error": "inference_failed",
    "message_too_large": "message_too_large",
}
FAILURE: JsonObject = {"retryable": False, "consecutive": 1}  # of an event, if it ends a session
_FROM_CLIENT = ("session.update", "session.close")
_LONGEST_SHOWN = 80  # characters of a value in an error


class Session(ABC):
    """One session, until `is_over`. All times are of the world's clock (ms)."""

    ends_with: ClassVar[Sequence[str]]  # codes of the errors that always end it
    max_message_bytes: ClassVar[int]

    def __init__(self, run: Run, settings: Settings, idle_ms: int, now_ms: int) -> None:
        self.run = run
        self._settings = settings
        self._idle_ms = idle_ms
        self._heard_ms = now_ms
        self._is_locked = False  # the configuration: a frame was accepted
        self.reason: str | None = None  # why it is over
        self.is_faulty = False  # a fault has asked for the error that answered the last frame

    @property
    def is_over(self) -> bool:
        """True if `session.closed` was sent: nothing follows."""
        return self.reason is not None

    @property
    def due_ms(self) -> int:
        """Return when `tick` is due."""
        return self._heard_ms + self._idle_ms

    def created(self) -> Messages:
        """Return the first message."""
        content = {"type": "session.created", "session_id": self.run.run_id}
        return [{**content, **self._settings.to_json()}]

    def tick(self, now_ms: int) -> Messages:
        """End the session if it has been idle for too long."""
        if self.is_over or now_ms < self.due_ms:
            return []
        return self.end(IDLE_TIMEOUT, now_ms)

    def end(self, reason: str, now_ms: int) -> Messages:
        """End the session: what was heard last is measured, unless it ends with an error."""
        if self.is_over:
            return []
        last = [] if reason == ERROR else self._finish()
        self.reason = reason
        content = {"type": "session.closed", "session_id": self.run.run_id, "reason": reason}
        return [*last, {**content, **self._totals()}]

    @abstractmethod
    def _finish(self) -> Messages:
        """Return what is still to be said of the media."""

    @abstractmethod
    def _totals(self) -> JsonObject:
        """Return what was received and produced."""

    @abstractmethod
    def _read_update(self, message: JsonObject) -> Settings:
        """Read a `session.update`. Raises ConfigProblem."""

    # from the client

    def receive_bytes(self, data: bytes, now_ms: int) -> Messages:
        """Take a frame of media."""
        if self.is_over:
            return []
        self._hear(now_ms)
        self.is_faulty = False
        if len(data) > self.max_message_bytes:
            return self._too_large(len(data), now_ms)
        return self._take(data, now_ms)

    @abstractmethod
    def _take(self, data: bytes, now_ms: int) -> Messages:
        """Measure a frame of media."""

    def receive_text(self, text: bytes, now_ms: int) -> Messages:
        """Take a message of JSON text."""
        if self.is_over:
            return []
        self._hear(now_ms)
        if len(text) > self.max_message_bytes:
            return self._too_large(len(text), now_ms)
        try:
            content = parse(text)
        except JsonTextError as error:
            return self._error("message_invalid", f"The message is not JSON: {error.message}.")
        return self._receive(content, now_ms)

    def _hear(self, now_ms: int) -> None:
        self._heard_ms = self.run.heard_at = now_ms

    def _receive(self, content: Json, now_ms: int) -> Messages:
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "session.update":
            return self._update(content, now_ms)
        if kind == "session.close":
            return self.end(CLIENT_REQUEST, now_ms)
        known = " or ".join(_FROM_CLIENT)
        if not isinstance(kind, str):
            problem = f"The message must be an object whose type is {known}."
        else:
            hint = closest(kind, _FROM_CLIENT)
            problem = f"The type of a message must be {known}, got {_shown(kind)}{hint}."
        return self._error("message_invalid", problem)

    def _update(self, message: JsonObject, now_ms: int) -> Messages:
        if self._is_locked:
            problem = (
                "The configuration is locked since the first frame, and the session ends: open "
                "another, and send session.update before its first frame."
            )
            return self._fail("config_invalid", problem, now_ms)
        try:
            self._settings = self._read_update(message)
        except ConfigProblem as error:
            return self._fail("config_invalid", f"The configuration is invalid: {error}.", now_ms)
        self.run.config = self._settings.to_json()
        return [{"type": "session.updated", **self.run.config}]

    def _too_large(self, size: int, now_ms: int) -> Messages:
        limit = self.max_message_bytes
        problem = f"The message has {size} bytes; at most {limit} are accepted."
        return self._fail("message_too_large", problem, now_ms, {"limit_bytes": limit})

    # errors

    def _error(self, code: str, message: str, retryable: bool = True) -> Messages:
        """Return an error that leaves no event."""
        return [{"type": "error", "code": code, "message": message, "retryable": retryable}]

    def _refuse(
        self, code: str, message: str, now_ms: int, detail: JsonObject | None = None
    ) -> Messages:
        """Return an error that the session survives, after noting its event in the run."""
        self._note(code, detail, now_ms)
        return self._error(code, message)

    def _fail(
        self, code: str, message: str, now_ms: int, detail: JsonObject | None = None
    ) -> Messages:
        """Return an error that ends the session, with the end."""
        self._note(code, detail, now_ms)
        return [*self._error(code, message, retryable=False), *self.end(ERROR, now_ms)]

    def _note(self, code: str, detail: JsonObject | None, now_ms: int) -> None:
        if code in _EVENTS:
            self.run.record_event(_EVENTS[code], detail, now_ms)

    def fault(self, code: str, message: str, now_ms: int) -> Messages:
        """Return an error that a fault asks for, and the end if the error is of that kind."""
        if self.is_over:
            return []
        detail = self._detail_of_fault(code, message)
        answer = self._fail if code in self.ends_with else self._refuse
        return answer(code, message, now_ms, detail)

    def _detail_of_fault(self, code: str, message: str) -> JsonObject | None:
        match code:
            case "invalid_audio_frame" | "invalid_image_frame":
                return {"detail": message}
            case "message_too_large":
                return {"limit_bytes": self.max_message_bytes}
            case "internal_error":
                return FAILURE
        return None


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")
