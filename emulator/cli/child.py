"""Runs a command with a server of its own, or waits where there is no command."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from emulator.cli.parser import OK, complain
from emulator.errors import EmulatorError

COMMAND_EPILOG = (
    "With -- CMD at the end, it runs CMD with HUME_BASE_URL set, and exits when CMD does."
)
_STDERR = 2
NO_PROGRAM, NOT_FOUND = (
    126,
    127,
)  # shells' exit codes for a file that can't be run, and one that does not exist


class NoCommand(EmulatorError):
    """There is no such program; `code` is the exit code that says so."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def find_command(command_line: Sequence[str]) -> list[str]:
    """Return the command after `--`, which may be empty. Raises NoCommand if it can't be run."""
    command = list(command_line[command_line[:1] == ["--"] :])
    if command and shutil.which(command[0]) is None:
        exists = Path(command[0]).exists()
        why = f"{command[0]!r} is not executable" if exists else f"no command {command[0]!r}"
        raise NoCommand(why, NO_PROGRAM if exists else NOT_FOUND)
    return command


def environment(url: str) -> dict[str, str]:
    """Return this process's environment, with the URL that clients connect to."""
    return {**os.environ, "HUME_BASE_URL": url}


def run_command(command: list[str], environment: Mapping[str, str], to_stderr: bool = False) -> int:
    """Run the command and return its exit code; for one that a signal ended, 128 + its number.

    With `to_stderr` its output is sent there, so that stdout has only our own. A signal that would
    end us ends the command: Ctrl-C reaches it by itself, SIGTERM is passed on. Both are handled
    before the command starts, so that neither comes at a bad moment.
    """
    terminations: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGTERM:
            return
        terminations.append(number)
        for process in started:
            process.terminate()

    with _signals(pass_on):
        try:
            process = subprocess.Popen(
                command, env=environment, stdout=_STDERR if to_stderr else None
            )
            started.append(process)
            if terminations:
                process.terminate()
            code = process.wait()
        except OSError as error:  # such as a file that is not a program
            why = f"{command[0]!r} can't be run: {error.strerror}"
            return complain(EmulatorError(why), NO_PROGRAM)
    return code if code >= 0 else 128 - code


def hold(url: str, command: list[str], starting: str, to_stderr: bool = False) -> int:
    """Print `starting`, then run the command, or wait for a signal. Returns the exit code.

    The caller's cleanup runs even if Ctrl-C comes at once.
    """
    try:
        print(f"evi-emulator: {starting}", file=sys.stderr, flush=True)
        if not command:
            return wait_for_signal()
        return run_command(command, environment(url), to_stderr)
    except KeyboardInterrupt:
        return OK


def wait_for_signal() -> int:
    """Wait for Ctrl-C or SIGTERM. Returns the exit code."""
    is_over = threading.Event()
    with _signals(lambda number, frame: is_over.set()):
        while not is_over.wait(1):  # Windows handles Ctrl-C only between two waits
            pass
    return OK


@contextmanager
def _signals(handler: "signal._HANDLER") -> Iterator[None]:
    """Handle the signals that would end us, until the block ends."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
