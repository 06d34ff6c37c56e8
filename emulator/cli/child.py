"""Commands that are run with a server of their own, and waiting where there is none."""

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

COMMAND_EPILOG = "With -- CMD at its end it runs the command, with HUME_BASE_URL, and ends with it."
_STDERR = 2
NO_PROGRAM, NOT_FOUND = 126, 127  # what shells say of what can't be run, or doesn't exist


class NoCommand(EmulatorError):
    """There is no such program; `code` is the exit code that says so."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def find_command(command_line: Sequence[str]) -> list[str]:
    """What stands after `--`, perhaps nothing. Raises NoCommand if it can't be run."""
    command = list(command_line[command_line[:1] == ["--"] :])
    if command and shutil.which(command[0]) is None:
        exists = Path(command[0]).exists()
        why = f"{command[0]!r} is not executable" if exists else f"no command {command[0]!r}"
        raise NoCommand(why, NO_PROGRAM if exists else NOT_FOUND)
    return command


def environment(url: str) -> dict[str, str]:
    """This process's environment, and where clients are to connect."""
    return {**os.environ, "HUME_BASE_URL": url}


def run_command(command: list[str], environment: Mapping[str, str], to_stderr: bool = False) -> int:
    """The command's exit code; of one that a signal ended, 128 and its number, as shells say.

    `to_stderr` sends there what it prints, so that stdout has nothing but what we say.
    A signal that would end us ends the command: Ctrl-C reaches it by itself, SIGTERM is passed on.
    Both are taken before the command begins, so that none comes at a bad moment.
    """
    told: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGTERM:
            return
        told.append(number)
        for process in started:
            process.terminate()

    with _signals(pass_on):
        try:
            process = subprocess.Popen(
                command, env=environment, stdout=_STDERR if to_stderr else None
            )
            started.append(process)
            if told:
                process.terminate()
            code = process.wait()
        except OSError as error:  # such as a file that has no program in it
            why = f"{command[0]!r} can't be run: {error.strerror}"
            return complain(EmulatorError(why), NO_PROGRAM)
    return code if code >= 0 else 128 - code


def hold(url: str, command: list[str], starting: str, to_stderr: bool = False) -> int:
    """Say that it starts, then run the command, or wait until told to stop. Returns the exit code.

    What follows is done even if Ctrl-C comes at once.
    """
    try:
        print(f"evi-emulator: {starting}", file=sys.stderr, flush=True)
        if not command:
            return wait_for_signal()
        return run_command(command, environment(url), to_stderr)
    except KeyboardInterrupt:
        return OK


def wait_for_signal() -> int:
    """Until Ctrl-C, or SIGTERM. Returns the exit code."""
    told = threading.Event()
    with _signals(lambda number, frame: told.set()):
        while not told.wait(1):  # Windows tells of Ctrl-C only in between
            pass
    return OK


@contextmanager
def _signals(handler: "signal._HANDLER") -> Iterator[None]:
    """What would end us is handled so."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
