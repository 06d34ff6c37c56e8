"""Reading a recording; every mistake in it is reported with its line."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from emulator.errors import RecordingError, closest
from emulator.extras.recording.format import (
    FORMAT,
    SWITCHING,
    Body,
    Closed,
    Entry,
    Exchange,
    Frame,
    Header,
    Opened,
    Part,
    Recording,
)
from emulator.jsontext import JsonTextError, parse
from emulator.source_files import short

EVI_PROXY = "EVI Proxy"  # the vendor's example, which does not say where it went
_entry: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="kind")])
_KNOWN = sorted({name for model in (Exchange, Opened, Frame, Closed, Part, Body)
                 for name in model.model_fields} | {"json"})  # fmt: skip


def read_recording(path: Path) -> Recording:
    """Read the recording in a file. One of the vendor's EVI Proxy has only the server's frames.

    Raises RecordingError with every mistake as file:line: place: message.
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
    """Reads a recording, line by line."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._header: Header | None = None
        self._entries: list[Entry] = []
        self._open: set[int] = set()
        self._offset_ms = 0
        self._is_of_evi_proxy = False
        self._mistakes: list[str] = []

    def take(self, number: int, line: bytes) -> None:
        """Read one line. A crash may have cut off the last one, which is then left out."""
        if self._header is None and self._mistakes:
            return  # the file is not a recording, which one mistake says
        try:
            content = parse(line)
        except JsonTextError as error:
            if line.endswith(b"\n") or self._header is None:
                self._mistake(number, "", f"not JSON: {error.message}")
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
        """True if the file is the vendor's, which has only the server's messages of one chat."""
        if self._header is not None or self._mistakes or not isinstance(content, dict):
            return False
        self._is_of_evi_proxy = "kind" not in content and isinstance(content.get("type"), str)
        if self._is_of_evi_proxy:
            self._header = Header(emulator_version="", upstream=EVI_PROXY, began_at_ms=0)
            self._entries.append(Opened(at_ms=0, path="/v0/evi/chat", socket=1, status=SWITCHING))
        return self._is_of_evi_proxy

    def _add_message(self, number: int, content: Any) -> None:
        body = Body(json=content)
        self._entries.append(
            Frame(at_ms=number, line=number, socket=1, sender="server", content=body)
        )

    def _add(self, number: int, content: Any) -> None:
        if self._header is None:
            self._mistake(number, "", f"no recording: its first line must have the format "
                          f"{FORMAT!r}, got {short(content)}")  # fmt: skip
            return
        entry = _entry.validate_python(content)
        entry = entry.model_copy(update={"at_ms": entry.at_ms + self._offset_ms, "line": number})
        if isinstance(entry, Opened):
            if entry.socket in self._open:
                message = f"socket {entry.socket} was opened before; `record --append` numbers on"
                self._mistake(number, "/socket", message)
                return
            self._open.add(entry.socket)
        elif isinstance(entry, Frame | Closed) and entry.socket not in self._open:
            self._mistake(number, "/socket", f"no socket {entry.socket} was opened before")
            return
        self._entries.append(entry)

    def _mistake(self, number: int, place: str, message: str) -> None:
        self._mistakes.append(f"{self._name}:{number}: {place + ': ' if place else ''}{message}")

    def done(self) -> Recording:
        """Return the recording. Raises RecordingError with every mistake that was found."""
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
