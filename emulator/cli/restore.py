"""`evi-emulator restore`: loads a snapshot into a world of a running emulator."""

import argparse
import sys
from pathlib import Path

from emulator.cli.http import Refused
from emulator.cli.parser import OK
from emulator.cli.snapshot import PATH, STANDARD, add_arguments, remote_of
from emulator.errors import EmulatorError, UsageError


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=restore)
    add_arguments(parser, "the file; - for standard input")


def restore(arguments: argparse.Namespace) -> int:
    text = _read(arguments.file)
    try:
        remote_of(arguments).exchange("PUT", PATH, text)
    except Refused as error:
        lines = str(error).splitlines()
        raise EmulatorError("\n".join(f"{arguments.file}: {line}" for line in lines)) from None
    return OK


def _read(name: str) -> bytes:
    if name == STANDARD:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from None
