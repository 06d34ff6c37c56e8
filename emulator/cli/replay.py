"""`evi-emulator replay`: serves a recording in place of its server, to check a client."""

import argparse
from pathlib import Path

from emulator.cli.child import NoCommand, find_command, hold
from emulator.cli.differences import not_ignored, print_differences
from emulator.cli.parser import FAILED, complain
from emulator.durations import read_pace
from emulator.errors import UsageError
from emulator.extras.recording.expectations import not_kept
from emulator.extras.recording.player import Player
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.serving import Serving


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
