"""The command line's entry: all commands, and the exit code of each kind of error."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from emulator.cli.parser import FAILED, NOT_STARTED, OK, USAGE, Command, complain
from emulator.errors import EmulatorError, StartupError, UsageError
from emulator.version import __version__

# Each command with its module in this folder, which has a function `add_COMMAND`.
COMMANDS = {
    "serve": "serve",
    "ready": "serve",
    "exec": "exec",
    "operations": "documents",
    "seed": "documents",
    "simulate": "simulate",
    "snapshot": "snapshot",
    "restore": "snapshot",
    "trigger": "trigger",
    "fault": "fault",
    "report": "report",
    "record": "recording_flags",
    "replay": "recording_flags",
    "diff": "recording_flags",
}
RUNS_A_COMMAND = ("record", "replay")  # optionally; `exec` reads the rest of its line itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command (`serve` if none is named) and return the exit code.

    0 means success, 1 that a check failed, 2 wrong usage, 3 that the server could not start.
    """
    words = _with_default_command(list(sys.argv[1:] if arguments is None else arguments))
    # Modules of other commands are not imported, for a quick start.
    parser = make_parser([words[0]] if words[0] in COMMANDS else list(COMMANDS))
    try:
        parsed = parser.parse_args(*_split(words))
        command: Command = parsed.command
        return command(parsed)
    except UsageError as error:
        return complain(error, USAGE)
    except StartupError as error:
        return complain(error, NOT_STARTED)
    except EmulatorError as error:
        return complain(error, FAILED)
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        return OK
    except KeyboardInterrupt:
        return OK


def _split(words: list[str]) -> tuple[list[str], argparse.Namespace]:
    """Return the arguments before `--`, and the command after it."""
    if words[0] not in RUNS_A_COMMAND or "--" not in words:
        return words, argparse.Namespace(command_line=[])
    at = words.index("--")
    return words[:at], argparse.Namespace(command_line=words[at + 1 :])


def _with_default_command(words: list[str]) -> list[str]:
    if words and (not words[0].startswith("-") or words[0] in ("-h", "--help", "--version")):
        return words
    return ["serve", *words]


def make_parser(names: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """Return a parser of the named commands, with their arguments."""
    parser = argparse.ArgumentParser(
        prog="evi-emulator",
        description="A local emulator of Hume's Empathic Voice Interface (EVI) API.",
        epilog="Without a command: serve.",
    )
    parser.add_argument("--version", action="version", version=f"evi-emulator {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in names:
        getattr(import_module(f"emulator.cli.{COMMANDS[name]}"), f"add_{name}")(commands)
    return parser
