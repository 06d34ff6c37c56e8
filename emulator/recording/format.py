"""The format of a recording: lines of JSON, a header and then one entry each, as it happened."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from emulator.errors import RecordingError, closest
from emulator.handwritten import short
from emulator.jsontext import Json, JsonObject, JsonTextError, parse, render

FORMAT = "evi-emulator-recording"
FORMAT_VERSION = 1

Side: TypeAlias = Literal["client", "server"]
Credential: TypeAlias = Literal["key", "bearer", "basic", "query-key", "query-token", "form"]
_EVI_PROXY = "EVI Proxy"  # the vendor's example, which does not say where it went
SWITCHING = 101
NORMAL = 1000
NO_CODE, BROKEN = 1005, 1006  # a close frame without a code; a connection without a close frame


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Body(_Model):
    """A body or a frame: as JSON where it is JSON, else as text or base64, or how long it was.

    One of the four. `cut` is the size (bytes) of what was too large to be kept.
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
            raise ValueError(f"no base64: {error}") from None
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
        """As it goes over the wire; nothing for one that was cut."""
        if self.is_json:
            return render(self.value)
        if self.base64 is not None:
            return base64.b64decode(self.base64)
        return (self.text or "").encode()


def body_of(data: bytes, is_binary: bool = False) -> Body | None:
    """The body that says these bytes; None for no bytes at all. A binary frame is no text."""
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
    """The content of a frame, which may be empty."""
    if isinstance(data, str):
        return body_of(data.encode()) or Body(text="")
    return body_of(data, is_binary=True) or Body(base64="")


class Part(_Model):
    """Half of an exchange: the headers that are kept, by name in small letters, and the body."""

    headers: dict[str, str] = {}
    body: Body | None = None


class Timed(_Model):
    """`at_ms` counts from the recording's begin; of an exchange it is when it was asked for.

    `line` is where it stands in the file.
    """

    at_ms: float = Field(ge=0)
    line: int = Field(default=0, exclude=True)


class _Asked(Timed):
    """What a client asked for. `caller` numbers who called, from 1; None without credentials."""

    path: str = Field(pattern="^/")
    query: str = ""
    caller: int | None = None
    credential: Credential | None = None
    request: Part = Part()
    status: int = Field(ge=100, le=599)
    response: Part = Part()
    duration_ms: float = Field(default=0, ge=0)
    broken: str | None = None  # why this is not all of it, or not the upstream's

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


class Exchange(_Asked):
    """A request and its answer."""

    kind: Literal["http"] = "http"
    method: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class Opened(_Asked):
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
        """That of its message; 'binary' or 'text' for a frame that holds none."""
        if self.content.cut is not None:
            return "cut"
        if self.content.is_binary:
            return "binary"
        value = self.content.value
        return str(value.get("type", "json")) if isinstance(value, dict) else "text"

    @property
    def is_sound(self) -> bool:
        """Whether it is what a microphone gives."""
        return self.sender == "client" and self.type in ("binary", "audio_input")


class Closed(Timed):
    """The first close, and whose it was. 1005: without a code; 1006: without a close frame."""

    kind: Literal["close"] = "close"
    socket: int
    sender: Side
    code: int
    reason: str = ""


Entry: TypeAlias = Exchange | Opened | Frame | Closed
_entry: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])
_KNOWN = sorted({name for model in (Exchange, Opened, Frame, Closed, Part, Body)
                 for name in model.model_fields} | {"json"})  # fmt: skip


class Header(_Model):
    """A recording's first line; one that was appended to has more of them.

    `upstream` is without credentials, `began_at_ms` in ms since the epoch.
    """

    format: Literal["evi-emulator-recording"] = "evi-emulator-recording"
    format_version: Literal[1] = 1
    emulator_version: str
    upstream: str
    began_at_ms: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """One WebSocket from its handshake on; `closed` is None where the recording ended before."""

    opened: Opened
    frames: tuple[Frame, ...]
    closed: Closed | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A file's content."""

    name: str
    header: Header
    entries: tuple[Entry, ...]

    @property
    def exchanges(self) -> Iterator[Exchange]:
        return (entry for entry in self.entries if isinstance(entry, Exchange))

    def conversations(self) -> tuple[Conversation, ...]:
        """The WebSockets, in the order of their handshakes; also those that were refused."""
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
    """An entry as a line of the file, without what says nothing."""
    return render(_names_of(entry) | entry.model_dump(exclude_defaults=True)) + b"\n"


def _names_of(entry: Header | Entry) -> JsonObject:
    """What tells lines apart, though it is nothing but a default."""
    if isinstance(entry, Header):
        return {"format": entry.format, "format_version": entry.format_version}
    return {"kind": entry.kind}


def read_recording(path: Path) -> Recording:
    """The recording in a file; one of the vendor's EVI Proxy has the server's frames alone.

    Raises RecordingError with every mistake: file:line: place.
    """
    reading = _Reading(path.name)
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                reading.take(number, line)
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error.strerror}") from None
    return reading.done()


class _Reading:
    """A recording, line by line."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._header: Header | None = None
        self._entries: list[Entry] = []
        self._open: set[int] = set()
        self._offset_ms = 0
        self._is_of_evi_proxy = False
        self._mistakes: list[str] = []

    def take(self, number: int, line: bytes) -> None:
        """Note what the line says; the last one may be cut off by a crash."""
        try:
            content = parse(line)
        except JsonTextError as error:
            if line.endswith(b"\n") or self._header is None:
                self._mistake(number, "", f"no JSON: {error.message}")
            return
        try:
            if isinstance(content, dict) and content.get("format") == FORMAT:
                self._begin(Header.model_validate(content))
            elif self._is_of_evi_proxy or self._begins_as_evi_proxy(content):
                self._add_message(number, content)
            else:
                self._add(number, content)
        except ValidationError as error:
            for problem in error.errors():
                self._mistake(number, _place(problem), _words(problem))

    def _begin(self, header: Header) -> None:
        if self._header is None:
            self._header = header
        self._offset_ms = max(0, header.began_at_ms - self._header.began_at_ms)

    def _begins_as_evi_proxy(self, content: Any) -> bool:
        """Whether the file is the vendor's: the messages of one chat's server, and nothing else."""
        if self._header is not None or self._mistakes or not isinstance(content, dict):
            return False
        self._is_of_evi_proxy = "kind" not in content and isinstance(content.get("type"), str)
        if self._is_of_evi_proxy:
            self._header = Header(emulator_version="", upstream=_EVI_PROXY, began_at_ms=0)
            self._entries.append(Opened(at_ms=0, path="/v0/evi/chat", socket=1, status=SWITCHING))
        return self._is_of_evi_proxy

    def _add_message(self, number: int, content: Any) -> None:
        body = Body(json=content)
        self._entries.append(
            Frame(at_ms=number, line=number, socket=1, sender="server", content=body)
        )

    def _add(self, number: int, content: Any) -> None:
        if self._header is None:
            if not self._mistakes:
                self._mistake(number, "", f"no recording: its first line must have the format "
                              f"{FORMAT!r}, got {short(content)}")  # fmt: skip
            return
        entry = _entry.validate_python(content)
        entry = entry.model_copy(update={"at_ms": entry.at_ms + self._offset_ms, "line": number})
        if isinstance(entry, Opened):
            self._open.add(entry.socket)
        elif isinstance(entry, Frame | Closed) and entry.socket not in self._open:
            self._mistake(number, "/socket", f"no socket {entry.socket} was opened before")
            return
        self._entries.append(entry)

    def _mistake(self, number: int, place: str, message: str) -> None:
        self._mistakes.append(f"{self._name}:{number}: {place + ': ' if place else ''}{message}")

    def done(self) -> Recording:
        if self._header is None and not self._mistakes:
            self._mistake(1, "", "the file is empty; `evi-emulator record` writes recordings")
        if self._mistakes or self._header is None:
            raise RecordingError("\n".join(self._mistakes))
        return Recording(self._name, self._header, tuple(self._entries))


def _place(problem: Any) -> str:
    steps = [step for step in problem["loc"] if step not in ("http", "open", "frame", "close")]
    return "/" + "/".join(map(str, steps)) if steps else ""


def _words(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return f"unknown key{closest(str(problem['loc'][-1]), _KNOWN)}"
    if problem["type"] == "missing":
        return "the key is missing"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{message}, got {short(problem['input'])}"
