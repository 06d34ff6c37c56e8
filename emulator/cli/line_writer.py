"""Writes lines from a thread, so that a reader who stops reading stops nothing else."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TextIO

_MOST_WAITING = 1_000  # lines; more are left out, and counted
_PAUSE_S = 0.05  # after writing: each time that the thread wakes up, it holds up the server


class LineWriter:
    """Writes lines to a stream one after the other. Its thread begins with the first line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._left_out = 0
        self._is_closing = threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, line: str) -> None:
        """Have a line written soon; never waits. Lines beyond a thousand waiting are left out."""
        if self._lines.qsize() >= _MOST_WAITING:
            self._left_out += 1
            return
        self._tell_left_out()
        self._lines.put(line)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
            self._thread.start()

    def close(self, timeout_s: float = 1) -> None:
        """Wait until all lines are written, or the time is over."""
        if self._thread is not None:
            self._tell_left_out()
            self._lines.put(None)
            self._is_closing.set()
            self._thread.join(timeout_s)

    def _tell_left_out(self) -> None:
        if self._left_out:
            self._lines.put(f"... {self._left_out} lines left out: they were read too slowly")
            self._left_out = 0

    def _run(self) -> None:
        while (lines := self._next_lines())[-1] is not None:
            self._print(lines)
            self._is_closing.wait(_PAUSE_S)
        self._print(lines[:-1])

    def _next_lines(self) -> list[str | None]:
        """Wait for a line, and return it with the lines behind it; None is the end."""
        lines = [self._lines.get()]
        with suppress(Empty):
            while lines[-1] is not None:
                lines.append(self._lines.get_nowait())
        return lines

    def _print(self, lines: Sequence[str | None]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        with suppress(Exception):  # the disk is full, or nobody reads any more
            try:
                self._stream.write(text)
            except UnicodeEncodeError:  # one character must not cost all the lines
                encoding = self._stream.encoding
                self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
