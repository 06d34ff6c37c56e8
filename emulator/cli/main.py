"""The command line's entry: all commands, and what an error means for the exit code."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from emulator import __version__
from emulator.cli.parser import FAILED, NOT_STARTED, OK, USAGE, Command, complain
from emulator.errors import EmulatorError, StartupError, UsageError

# Each command with its module here, which has a function `add_COMMAND`.
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
RUNS_A_COMMAND = ("record", "replay")  # perhaps: `exec` reads all that follows by itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, `serve` if none is named. Returns the exit code.

    0 fine, 1 a check failed, 2 wrong usage, 3 could not start.
    """
    given = _with_default_command(list(sys.argv[1:] if arguments is None else arguments))
    # To start soon, the modules of other commands are left alone.
    parser = make_parser([given[0]] if given[0] in COMMANDS else list(COMMANDS))
    try:
        parsed = parser.parse_args(*_split(given))
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


def _split(given: list[str]) -> tuple[list[str], argparse.Namespace]:
    """The arguments, and what stands after `--`: a command to be run."""
    if given[0] not in RUNS_A_COMMAND or "--" not in given:
        return given, argparse.Namespace(command_line=[])
    at = given.index("--")
    return given[:at], argparse.Namespace(command_line=given[at + 1 :])


def _with_default_command(given: list[str]) -> list[str]:
    if given and (not given[0].startswith("-") or given[0] in ("-h", "--help", "--version")):
        return given
    return ["serve", *given]


def make_parser(names: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The commands named, with their arguments."""
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
