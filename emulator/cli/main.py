"""The command line's entry: all commands, and the exit code of each kind of error."""

import argparse
import sys
from collections.abc import Sequence

from emulator.cli.parser import FAILED, NOT_STARTED, OK, USAGE, Command, add_commands, complain
from emulator.errors import EmulatorError, StartupError, UsageError
from emulator.version import __version__

COMMANDS = {
    "serve": "serve the emulated API until Ctrl-C",
    "ready": "wait until an emulator answers; exit 1 if it doesn't",
    "exec": "run a command with an emulator; its exit code is the command's",
    "operations": "list the document's operations, implemented or not",
    "seed": "check, show or import a seed file",
    "simulate": "run a scripted conversation in a running emulator",
    "snapshot": "write a world of a running emulator to a file",
    "tail": "follow what happens in a world of a running emulator",
    "restore": "load a snapshot into a world of a running emulator",
    "trigger": "send one webhook; exit 1 if its receiver refuses it",
    "fault": "break requests, sockets and webhooks on request",
    "call": "call a TwiML URL as Twilio would; exit code 1 if the call has problems",
    "clm-check": "check a custom language model as EVI calls it; exit code 1 if a case fails",
    "report": "report what clients do wrong, and how much of the API they use",
    "record": "record the traffic between a client and a real server",
    "replay": "serve a recording; exit code 1 if a client differs from it",
    "diff": "send recorded traffic to an emulator; exit code 1 if its answers differ in shape",
}
RUNS_A_COMMAND = ("record", "replay")  # optionally; `exec` reads the rest of its line itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command (`serve` if none is named) and return the exit code.

    0 means success, 1 that a check failed, 2 wrong usage, 3 that the server could not start.
    """
    words = _with_default_command(list(sys.argv[1:] if arguments is None else arguments))
    try:
        parsed = make_parser(words[0]).parse_args(*_split(words))
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


def make_parser(command: str = "") -> argparse.ArgumentParser:
    """Return the parser of the named command, or of all commands if there is no such command."""
    parser = argparse.ArgumentParser(
        prog="evi-emulator",
        description="A local emulator of Hume's voice APIs: EVI, text-to-speech and Expression "
        "Measurement.",
        epilog="Without a command: serve. Exit codes: 0 fine, 1 a check failed, 2 wrong usage, "
        "3 could not start.",
    )
    parser.add_argument("--version", action="version", version=f"evi-emulator {__version__}")
    commands = {command: COMMANDS[command]} if command in COMMANDS else COMMANDS
    add_commands(parser, "COMMAND", commands)
    return parser
