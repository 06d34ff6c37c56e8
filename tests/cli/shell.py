"""The command line in this process, as a shell would run it, with what its children print.

A process of its own would import the emulator again, which takes most of the time of such a test.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import IO

import pytest

from emulator.cli.main import main


@dataclass(frozen=True)
class Done:
    """How a command ended, under the names that `subprocess` uses."""

    returncode: int
    stdout: str
    stderr: str


def run_here(*arguments: str, **environment: str) -> Done:
    """Run the command line to its end, without input and with these environment variables."""
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as errors,
        open(os.devnull) as nothing,
    ):
        for name, value in environment.items():
            patch.setenv(name, value)
        with (
            standing_in(nothing, sys.__stdin__),
            standing_in(output, sys.__stdout__),
            standing_in(errors, sys.__stderr__),
            redirect_stdout(output),
            redirect_stderr(errors),
        ):
            code = _exit_code(arguments)
        return Done(code, _content(output), _content(errors))


@contextmanager
def standing_in(file: IO[str], stream: IO[str] | None) -> Iterator[None]:
    """Put the file in the place of a standard stream, for child processes too."""
    assert stream is not None
    number = stream.fileno()
    kept = os.dup(number)
    os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        file.flush()
        os.dup2(kept, number)
        os.close(kept)


def _exit_code(arguments: Sequence[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as end:  # as argparse does
        return int(end.code or 0)


def _content(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
