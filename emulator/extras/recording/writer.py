"""Writing a recording: each entry is a line, written at once and without secrets."""

import time
from collections import Counter
from io import BufferedWriter
from pathlib import Path

from emulator.clock import SystemClock
from emulator.errors import RecordingError, UsageError
from emulator.extras.recording.format import Entry, Header, Opened, line_of
from emulator.extras.recording.reading import EVI_PROXY, read_recording
from emulator.extras.recording.redaction import Secrets, hide_url
from emulator.version import __version__


class RecordingWriter:
    """Writes entries to a file, without the values that `secrets` has learned.

    `append` adds to a file that exists, `force` replaces it. Raises UsageError if the file exists
    and neither is set, and RecordingError if it can't be written.
    """

    def __init__(
        self,
        path: Path,
        upstream: str,
        append: bool = False,
        force: bool = False,
    ) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()  # entries by kind
        self.failure: str | None = None
        self.secrets, self._sockets = Secrets(), 0
        began_ms, self._began_s = SystemClock().now_ms(), time.monotonic()
        if append and path.exists() and path.stat().st_size:
            self._continue_after(path)
        self._file = _open(path, append, force)
        self._write(line_of(_header(upstream, began_ms)))
        if self.failure is not None:
            raise RecordingError(self.failure)

    def _continue_after(self, path: Path) -> None:
        """Continue the numbers of callers and sockets of the recording in the file."""
        recording = read_recording(path)
        if recording.header.upstream == EVI_PROXY:
            raise RecordingError(f"{path} is of the {EVI_PROXY}, which nothing can be added to")
        entries = recording.entries
        callers = [getattr(entry, "caller", None) or 0 for entry in entries]
        self.secrets = Secrets(max(callers, default=0))
        self._sockets = max((e.socket for e in entries if isinstance(e, Opened)), default=0)
        _end_last_line(path)

    def now_ms(self) -> float:
        """Return the time since the recording began (ms), to a thousandth."""
        return round((time.monotonic() - self._began_s) * 1000, 3)

    def since_ms(self, at_ms: float) -> float:
        """Return how long ago (ms) that was."""
        return round(self.now_ms() - at_ms, 3)

    def new_socket(self) -> int:
        """Return the number of one more socket."""
        self._sockets += 1
        return self._sockets

    def add(self, entry: Entry) -> None:
        """Write one more line. If that fails, `failure` says why, and the traffic continues."""
        self.counts[entry.kind] += 1
        self._write(line_of(self.secrets.hidden(entry)))

    def _write(self, line: bytes) -> None:
        if self.failure is not None or self._file.closed:
            return
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            self.failure = f"{self.path} can't be written: {error.strerror}; the rest is not in it"

    def __enter__(self) -> "RecordingWriter":
        return self

    def __exit__(self, *about: object) -> None:
        self._file.close()

    def summary(self) -> str:
        """Say what was written, such as 'out.ndjson: 3 exchanges, 1 sockets with 12 frames'."""
        counts = self.counts
        return (
            f"{self.path}: {counts['http']} exchanges, "
            f"{counts['open']} sockets with {counts['frame']} frames"
        )


def _header(upstream: str, began_ms: int) -> Header:
    return Header(emulator_version=__version__, upstream=hide_url(upstream), began_at_ms=began_ms)


def _open(path: Path, append: bool, force: bool) -> BufferedWriter:
    try:
        return path.open("ab" if append else "wb" if force else "xb")
    except FileExistsError:
        raise UsageError(
            f"{path} exists; add to it with --append, replace it with --force, or name another"
        ) from None
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error.strerror}") from None


def _end_last_line(path: Path) -> None:
    """Remove a last line that a crash has cut off."""
    with path.open("rb+") as file:
        text = file.read()
        if not text.endswith(b"\n"):
            file.truncate(text.rfind(b"\n") + 1)
