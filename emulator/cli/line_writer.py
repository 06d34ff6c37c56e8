"""Writes lines from a thread, so that a reader who stops reading stops nothing else."""

import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import TextIO

_MOST_WAITING = 1_000  # lines; more are left out, and counted


class LineWriter:
    """Writes lines to a stream one after the other. Its thread begins with the first line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._left_out = 0
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
            self._thread.join(timeout_s)

    def _tell_left_out(self) -> None:
        if self._left_out:
            self._lines.put(f"... {self._left_out} lines left out: they were read too slowly")
            self._left_out = 0

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            with suppress(Exception):  # the disk is full, or nobody reads any more
                print(line, file=self._stream, flush=True)
