"""`evi-emulator snapshot` and `restore`: save a world of a running emulator, and load it."""

import argparse
import sys
from pathlib import Path

from emulator.cli.http import Refused, Remote, add_server_flags
from emulator.cli.parser import OK, Commands, add_command, default_url
from emulator.errors import EmulatorError, UsageError

_PATH = "/_emulator/snapshot"
_STANDARD = "-"  # standard output, or standard input


def add_snapshot(commands: Commands) -> None:
    parser = add_command(
        commands, "snapshot", snapshot, "write a world of a running emulator to a file"
    )
    _add_arguments(parser, "the file, which is replaced; - for standard output")


def add_restore(commands: Commands) -> None:
    parser = add_command(
        commands, "restore", restore, "load a snapshot into a world of a running emulator"
    )
    _add_arguments(parser, "the file; - for standard input")


def _add_arguments(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("file", metavar="FILE", help=help)
    default = default_url()
    add_server_flags(parser, default, f"where the emulator serves (default {default})")


def snapshot(arguments: argparse.Namespace) -> int:
    from emulator.atomic import write_whole

    path = Path(arguments.file)
    if arguments.file != _STANDARD and path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file; name one, or - for standard output")
    text = _remote(arguments).exchange("GET", _PATH)
    if arguments.file == _STANDARD:
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
        return OK
    try:
        write_whole(path, [text], private=True)
    except OSError as error:
        raise EmulatorError(f"cannot write {path}: {error.strerror}") from None
    print(f"{path}: {len(text)} bytes")
    return OK


def restore(arguments: argparse.Namespace) -> int:
    text = _read(arguments.file)
    try:
        _remote(arguments).exchange("PUT", _PATH, text)
    except Refused as error:
        lines = str(error).splitlines()
        raise EmulatorError("\n".join(f"{arguments.file}: {line}" for line in lines)) from None
    return OK


def _read(name: str) -> bytes:
    if name == _STANDARD:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from None


def _remote(arguments: argparse.Namespace) -> Remote:
    return Remote(arguments.url, arguments.key, arguments.ca)
