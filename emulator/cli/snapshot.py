"""`evi-emulator snapshot`: saves a world of a running emulator."""

import argparse
import sys
from pathlib import Path

from emulator.atomic import write_whole
from emulator.cli.http import Remote, add_server_flags
from emulator.cli.parser import OK, default_url
from emulator.errors import EmulatorError, UsageError

PATH = "/_emulator/snapshot"
STANDARD = "-"  # standard output, or standard input


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=snapshot)
    add_arguments(parser, "the file, which is replaced; - for standard output")


def add_arguments(parser: argparse.ArgumentParser, help: str) -> None:
    """Add the file, and the flags that choose a world."""
    parser.add_argument("file", metavar="FILE", help=help)
    default = default_url()
    add_server_flags(parser, default, f"where the emulator serves (default {default})")


def snapshot(arguments: argparse.Namespace) -> int:
    path = Path(arguments.file)
    if arguments.file != STANDARD and path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file; name one, or - for standard output")
    text = remote_of(arguments).exchange("GET", PATH)
    if arguments.file == STANDARD:
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
        return OK
    try:
        write_whole(path, [text], private=True)
    except OSError as error:
        raise EmulatorError(f"cannot write {path}: {error.strerror}") from None
    print(f"{path}: {len(text)} bytes")
    return OK


def remote_of(arguments: argparse.Namespace) -> Remote:
    """Return the world that the flags choose."""
    return Remote(arguments.url, arguments.key, arguments.ca)
