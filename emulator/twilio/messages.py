"""The messages of a media stream, both ways: JSON text (docs/protocol.md#media-streams).

All numbers in them are texts. `chunk` counts media messages of a track, `timestamp` is in ms since
the stream's start.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from emulator.errors import closest
from emulator.jsontext import Json, JsonObject

FRAME_MS = 20  # of one media message from Twilio
FRAME_BYTES = 160
MEDIA_FORMAT: JsonObject = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
TRACKS = ("inbound", "outbound")


@dataclass(frozen=True, slots=True)
class Connected:
    """The stream's WebSocket is open; the first message."""


@dataclass(frozen=True, slots=True)
class Start:
    """The stream begins: what the call is, and the parameters that TwiML gave the stream."""

    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    tracks: Sequence[str] = ("inbound",)


@dataclass(frozen=True, slots=True)
class Media:
    """Sound, as mu-law of 8 kHz."""

    sound: bytes
    track: str = "inbound"


@dataclass(frozen=True, slots=True)
class Mark:
    """A name that comes back once all sound before it was played or cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Sound that waits to be played is dropped."""


@dataclass(frozen=True, slots=True)
class Dtmf:
    """The caller has pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream ends, since the call has ended or moved on."""


FromTwilio: TypeAlias = Connected | Start | Media | Mark | Dtmf | Stop
ToTwilio: TypeAlias = Media | Mark | Clear


class MessageProblem(ValueError):
    """A message of a stream that can't be read; the text says why."""


# events, by who sends them
FROM_TWILIO = ("connected", "start", "media", "mark", "dtmf", "stop")
TO_TWILIO = ("media", "mark", "clear")


def read_from_twilio(content: Json) -> FromTwilio:
    """Read a message that Twilio sends. Raises MessageProblem."""
    event = _event(content, FROM_TWILIO)
    assert isinstance(content, dict)
    match event:
        case "media":
            media = _object(content, event)
            return Media(_sound(media), str(media.get("track", "inbound")))
        case "connected":
            return Connected()
        case "start":
            return _read_start(content)
        case "mark":
            return Mark(_text(_object(content, event), event, "name"))
        case "dtmf":
            return Dtmf(_text(_object(content, event), event, "digit"))
        case _:
            return Stop()


def read_to_twilio(content: Json, stream_sid: str) -> ToTwilio:
    """Read a message that a server sends to Twilio. Raises MessageProblem."""
    event = _event(content, TO_TWILIO)
    assert isinstance(content, dict)
    given = _text(content, "", "streamSid")
    if given != stream_sid:
        raise MessageProblem(f"streamSid should be the stream's, {stream_sid!r}, got {given!r}")
    if event == "clear":
        return Clear()
    inner = _object(content, event)
    return Media(_sound(inner)) if event == "media" else Mark(_text(inner, event, "name"))


def _read_start(content: JsonObject) -> Start:
    start = _object(content, "start")
    parameters = start.get("customParameters", {})
    if not isinstance(parameters, dict):
        raise MessageProblem(f"start.customParameters should be an object, got {parameters!r}")
    return Start(
        stream_sid=_text(content if "streamSid" in content else start, "start", "streamSid"),
        call_sid=_text(start, "start", "callSid"),
        account_sid=str(start.get("accountSid", "")),
        parameters={str(name): str(value) for name, value in parameters.items()},
    )


def _event(content: Json, known: Sequence[str]) -> str:
    if not isinstance(content, dict):
        raise MessageProblem(f"a message should be an object, got {type(content).__name__}")
    event = content.get("event")
    if event not in known:
        hint = closest(str(event), known)
        raise MessageProblem(f"event should be one of {', '.join(known)}, got {event!r}{hint}")
    assert isinstance(event, str)
    return event


def _object(content: JsonObject, name: str) -> JsonObject:
    inner = content.get(name)
    if not isinstance(inner, dict):
        raise MessageProblem(f"{name} should be an object, got {inner!r}")
    return inner


def _text(content: JsonObject, place: str, name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        where = f"{place}.{name}" if place else name
        raise MessageProblem(f"{where} should be a text, got {value!r}")
    return value


def _sound(media: JsonObject) -> bytes:
    payload = media.get("payload")
    if not isinstance(payload, str):
        raise MessageProblem(f"media.payload should be base64 text, got {type(payload).__name__}")
    try:
        return b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageProblem(f"media.payload should be base64: {error}") from None


def to_json(message: ToTwilio, stream_sid: str) -> JsonObject:
    """Return a message that a server sends to Twilio."""
    match message:
        case Media(sound):
            payload = b64encode(sound).decode()
            return {"event": "media", "streamSid": stream_sid, "media": {"payload": payload}}
        case Mark(name):
            return {"event": "mark", "streamSid": stream_sid, "mark": {"name": name}}
        case Clear():
            return {"event": "clear", "streamSid": stream_sid}


class StreamWriter:
    """Numbers the messages that Twilio sends on one stream."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._sent = 0
        self._chunks: dict[str, int] = {}

    def connected(self) -> JsonObject:
        """Return the first message, which has no number."""
        return {"event": "connected", "protocol": "Call", "version": "1.0.0"}

    def start(self) -> JsonObject:
        """Return the message that says what the call is."""
        start = self._start
        return self._numbered(
            "start",
            {
                "streamSid": start.stream_sid,
                "accountSid": start.account_sid,
                "callSid": start.call_sid,
                "tracks": list(start.tracks),
                "customParameters": dict(start.parameters),
                "mediaFormat": dict(MEDIA_FORMAT),
            },
        )

    def media(self, sound: bytes, at_ms: int, track: str = "inbound") -> JsonObject:
        """Return sound of a track, which began `at_ms` after the stream's start."""
        self._chunks[track] = self._chunks.get(track, 0) + 1
        return self._numbered(
            "media",
            {
                "track": track,
                "chunk": str(self._chunks[track]),
                "timestamp": str(at_ms),
                "payload": b64encode(sound).decode(),
            },
        )

    def dtmf(self, digit: str) -> JsonObject:
        """Return a key that was pressed."""
        return self._numbered("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> JsonObject:
        """Return a mark that was reached."""
        return self._numbered("mark", {"name": name})

    def stop(self) -> JsonObject:
        """Return the last message."""
        start = self._start
        return self._numbered("stop", {"accountSid": start.account_sid, "callSid": start.call_sid})

    def _numbered(self, event: str, content: JsonObject) -> JsonObject:
        self._sent += 1
        return {
            "event": event,
            "sequenceNumber": str(self._sent),
            "streamSid": self._start.stream_sid,
            event: content,
        }
