"""The format of a recording: lines of JSON, first a header, then the entries in their order."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_serializer,
    model_validator,
)

from emulator.jsontext import Json, JsonObject, JsonTextError, parse, render

FORMAT = "evi-emulator-recording"
FORMAT_VERSION = 1

Side: TypeAlias = Literal["client", "server"]
Credential: TypeAlias = Literal["key", "bearer", "basic", "query-key", "query-token", "form"]
SWITCHING = 101
NORMAL = 1000
NO_CODE, BROKEN = 1005, 1006  # a close frame without a code; a connection without a close frame


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Body(_Model):
    """A body or a frame: exactly one of JSON, text, base64, and `cut`.

    `cut` is the size (bytes) of a body that was too large to be kept.
    """

    value: Json = Field(default=None, alias="json")
    text: str | None = None
    base64: str | None = None
    cut: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _is_one(self) -> "Body":
        if len(self.model_fields_set) != 1:
            raise ValueError("a body has exactly one of json, text, base64, cut")
        return self

    @field_validator("base64")
    @classmethod
    def _decodes(cls, value: str | None) -> str | None:
        try:
            base64.b64decode(value or "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"not base64: {error}") from None
        return value

    @model_serializer
    def _written(self) -> JsonObject:
        if self.is_json:
            return {"json": self.value}
        return {name: getattr(self, name) for name in self.model_fields_set}

    @property
    def is_json(self) -> bool:
        return "value" in self.model_fields_set

    @property
    def is_binary(self) -> bool:
        return self.base64 is not None

    def data(self) -> bytes:
        """Return the bytes that were sent; none for a body that was cut."""
        if self.is_json:
            return render(self.value)
        if self.base64 is not None:
            return base64.b64decode(self.base64)
        return (self.text or "").encode()


def body_of(data: bytes, is_binary: bool = False) -> Body | None:
    """Return the body with these bytes; None for no bytes. A binary frame is never text."""
    if not data:
        return None
    if not is_binary:
        try:
            return Body(json=parse(data))
        except JsonTextError:
            pass
        try:
            return Body(text=data.decode())
        except UnicodeDecodeError:
            pass
    return Body(base64=base64.b64encode(data).decode())


def frame_of(data: str | bytes) -> Body:
    """Return the content of a frame, which may be empty."""
    if isinstance(data, str):
        return body_of(data.encode()) or Body(text="")
    return body_of(data, is_binary=True) or Body(base64="")


class Part(_Model):
    """A request or a response: the headers that are kept, by lowercase name, and the body."""

    headers: dict[str, str] = {}
    body: Body | None = None


class Timed(_Model):
    """An entry at a time: `at_ms` after the recording began. `line` is its line in the file.

    An exchange has the time of its request.
    """

    at_ms: float = Field(ge=0)
    line: int = Field(default=0, exclude=True)


class _Handled(Timed):
    """A request with its answer. `caller` numbers the callers from 1; None without credentials."""

    path: str = Field(pattern="^/")
    query: str = ""
    caller: int | None = None
    credential: Credential | None = None
    request: Part = Part()
    status: int = Field(ge=100, le=599)
    response: Part = Part()
    duration_ms: float = Field(default=0, ge=0)
    broken: str | None = None  # why the answer is incomplete, or not the upstream's

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class Exchange(_Handled):
    """A request and its answer."""

    kind: Literal["http"] = "http"
    method: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class Opened(_Handled):
    """A WebSocket's handshake; `socket` numbers it if the status is 101."""

    kind: Literal["open"] = "open"
    socket: int
    protocol: str | None = None

    @property
    def name(self) -> str:
        return f"WebSocket {self.path}"


class Frame(Timed):
    kind: Literal["frame"] = "frame"
    socket: int
    sender: Side
    content: Body

    @property
    def type(self) -> str:
        """Return the type of its message; 'binary' or 'text' for a frame without one."""
        if self.content.cut is not None:
            return "cut"
        if self.content.is_binary:
            return "binary"
        value = self.content.value
        return str(value.get("type", "json")) if isinstance(value, dict) else "text"

    @property
    def is_sound(self) -> bool:
        """True if the frame carries a microphone's audio."""
        return self.sender == "client" and self.type in ("binary", "audio_input")


class Closed(Timed):
    """The first close, and who sent it. Code 1005: without a code; 1006: without a close frame."""

    kind: Literal["close"] = "close"
    socket: int
    sender: Side
    code: int
    reason: str = ""


Entry: TypeAlias = Exchange | Opened | Frame | Closed


class Header(_Model):
    """A recording's first line, repeated each time that the recording is appended to.

    `upstream` has no credentials. `began_at_ms` counts from the epoch.
    """

    format: Literal["evi-emulator-recording"] = "evi-emulator-recording"
    format_version: Literal[1] = 1
    emulator_version: str
    upstream: str
    began_at_ms: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """One WebSocket from its handshake on; `closed` is None if the recording ended before."""

    opened: Opened
    frames: tuple[Frame, ...]
    closed: Closed | None


@dataclass(frozen=True, slots=True)
class Recording:
    """The content of the file `name`."""

    name: str
    header: Header
    entries: tuple[Entry, ...]

    @property
    def exchanges(self) -> Iterator[Exchange]:
        return (entry for entry in self.entries if isinstance(entry, Exchange))

    def conversations(self) -> tuple[Conversation, ...]:
        """Return the WebSockets in the order of their handshakes, with the refused ones."""
        frames: dict[int, list[Frame]] = {}
        closes: dict[int, Closed] = {}
        for entry in self.entries:
            if isinstance(entry, Frame):
                frames.setdefault(entry.socket, []).append(entry)
            elif isinstance(entry, Closed):
                closes.setdefault(entry.socket, entry)
        return tuple(
            Conversation(entry, tuple(frames.get(entry.socket, ())), closes.get(entry.socket))
            for entry in self.entries
            if isinstance(entry, Opened)
        )


def line_of(entry: Header | Entry) -> bytes:
    """Return an entry as a line of the file, without fields that have their defaults."""
    return render(_names_of(entry) | entry.model_dump(exclude_defaults=True)) + b"\n"


def _names_of(entry: Header | Entry) -> JsonObject:
    """Return the fields that tell kinds of lines apart: defaults, but written nevertheless."""
    if isinstance(entry, Header):
        return {"format": entry.format, "format_version": entry.format_version}
    return {"kind": entry.kind}
