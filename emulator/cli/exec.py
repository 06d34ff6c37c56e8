"""`evi-emulator exec -- CMD`: a command with an emulator of its own."""

import argparse
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from emulator.cli.parser import FAILED, Commands, add_command, add_settings, complain
from emulator.cli.report import add_demand_flags, finish, read_demand_flags
from emulator.errors import EmulatorError, UsageError
from emulator.settings import SETTINGS, load_settings

NO_PROGRAM, NOT_FOUND = 126, 127  # what shells say of what can't be run, or doesn't exist


def add_exec(commands: Commands) -> None:
    parser = add_command(
        commands, "exec", execute, "run a command with an emulator; its exit code is the command's"
    )
    parser.add_argument("command_line", nargs=argparse.REMAINDER, metavar="-- CMD")
    add_demand_flags(parser, "--report", "never")
    add_settings(parser, [each.name for each in SETTINGS if each.name not in ("host", "port")])


def execute(arguments: argparse.Namespace) -> int:
    command = arguments.command_line[arguments.command_line[:1] == ["--"] :]
    if not command:
        raise UsageError("exec needs a command: evi-emulator exec -- npm test")
    if shutil.which(command[0]) is None:
        exists = Path(command[0]).exists()
        why = f"{command[0]!r} is not executable" if exists else f"no command {command[0]!r}"
        return complain(EmulatorError(why), NO_PROGRAM if exists else NOT_FOUND)
    settings = load_settings({**vars(arguments), "port": "0"})
    is_judged = _asks_for_a_report(arguments)
    demands = read_demand_flags(arguments) if is_judged else None
    from emulator.testing.emulator import Emulator

    chosen = {each.name: getattr(settings, each.name) for each in SETTINGS if each.name != "host"}
    with Emulator(**chosen) as server:
        evi = server.world(settings.api_key[0] if settings.api_key else None)
        code = _run(command, evi.env)
        try:
            evi.check_stubs()
        except AssertionError as error:
            code = complain(EmulatorError(str(error)), code or FAILED)
        if code != 0:
            print(f"what happened in the emulator:\n{evi.timeline()}", file=sys.stderr)
        if demands is not None:
            judged = finish(server.contract_report(), demands, arguments.report_files)
            code = code or judged
        return code


def _asks_for_a_report(arguments: argparse.Namespace) -> bool:
    return bool(arguments.report_files or arguments.min_coverage or arguments.fail_on != "never")


def _run(command: list[str], environment: dict[str, str]) -> int:
    """The command's exit code; of one that a signal ended, 128 and its number, as shells say.

    A signal that would end us ends the command: Ctrl-C reaches it by itself, SIGTERM is passed on.
    Both are taken before the command begins, so that none comes at a bad moment.
    """
    told: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, frame: object) -> None:
        told.append(number)
        for process in started:
            process.terminate()

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None),
    }
    try:
        process = subprocess.Popen(command, env=environment)
        started.append(process)
        if told:
            process.terminate()
        code = process.wait()
    except OSError as error:  # such as a file that has no program in it
        return complain(EmulatorError(f"{command[0]!r} can't be run: {error.strerror}"), NO_PROGRAM)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code
