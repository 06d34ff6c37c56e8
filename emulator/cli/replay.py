"""`evi-emulator replay`: serves a recording instead of the recorded server, to check a client."""

import argparse
from pathlib import Path

from emulator.cli.child import COMMAND_EPILOG, NoCommand, find_command, hold
from emulator.cli.differences import add_difference_flags, not_ignored, print_differences
from emulator.cli.parser import FAILED, complain
from emulator.durations import read_pace
from emulator.errors import UsageError
from emulator.extras.recording.expectations import not_kept
from emulator.extras.recording.player import Player
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.serving import Serving


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=replay)
    parser.add_argument("recording", metavar="RECORDING", help="a file that `record` has written")
    parser.add_argument(
        "--port", type=int, default=0, help="the port for clients (default 0: any free port)"
    )
    parser.add_argument(
        "--pace",
        default="instant",
        help="instant (default), realtime, or a speed factor (5 is five times as fast as recorded)",
    )
    add_difference_flags(parser)
    parser.epilog = COMMAND_EPILOG


def replay(arguments: argparse.Namespace) -> int:
    try:
        command = find_command(arguments.command_line)
        pace = read_pace(arguments.pace)
    except NoCommand as error:
        return complain(error, error.code)
    except ValueError as error:
        raise UsageError(f"--pace: {error}") from None
    recording = read_recording(Path(arguments.recording))
    player = Player(recording, pace)
    with Serving(player.opened, arguments.port) as serving:
        starting = f"replaying {recording.name} on {serving.url}"
        code = hold(serving.url, command, starting, to_stderr=arguments.format == "json")
    found = not_ignored(player.differences(), arguments.ignore)
    print_differences(found, recording.name, arguments.format, list(not_kept(recording)))
    return code or (FAILED if found else code)
