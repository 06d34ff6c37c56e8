"""The command line's entry: all commands, and what an error means for the exit code."""

import argparse
import sys
from collections.abc import Sequence

from emulator import __version__
from emulator.cli.documents import add_operations, add_seed
from emulator.cli.exec import add_exec
from emulator.cli.parser import FAILED, NOT_STARTED, OK, USAGE, Command, complain
from emulator.cli.serve import add_ready, add_serve
from emulator.cli.simulate import add_simulate
from emulator.cli.trigger import add_trigger
from emulator.errors import EmulatorError, StartupError, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, `serve` if none is named. Returns the exit code.

    0 fine, 1 a check failed, 2 wrong usage, 3 could not start.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = make_parser()
    try:
        parsed = parser.parse_args(_with_default_command(given))
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


def _with_default_command(given: list[str]) -> list[str]:
    if given and (not given[0].startswith("-") or given[0] in ("-h", "--help", "--version")):
        return given
    return ["serve", *given]


def make_parser() -> argparse.ArgumentParser:
    """All commands with their arguments."""
    parser = argparse.ArgumentParser(
        prog="evi-emulator",
        description="A local emulator of Hume's Empathic Voice Interface (EVI) API.",
        epilog="Without a command: serve.",
    )
    parser.add_argument("--version", action="version", version=f"evi-emulator {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_serve(commands)
    add_ready(commands)
    add_exec(commands)
    add_operations(commands)
    add_seed(commands)
    add_simulate(commands)
    add_trigger(commands)
    return parser
