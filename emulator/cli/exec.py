"""`evi-emulator exec -- CMD`: a command with an emulator of its own."""

import argparse
import shlex
import sys
from collections.abc import Sequence

from emulator.cli.child import NoCommand, find_command, run_command
from emulator.cli.intercept import intercepting
from emulator.cli.parser import FAILED, add_settings, complain
from emulator.cli.report import add_demand_flags, finish, read_demand_flags
from emulator.contract.report import Demands, Report
from emulator.errors import EmulatorError, UsageError
from emulator.redirection.target import read_target
from emulator.settings import SETTINGS, load_settings
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi

_NOTHING = (
    "no client has asked for anything: the command finds the emulator by HUME_BASE_URL, and the "
    "key by HUME_API_KEY"
)
_WEBHOOKS_S = 2  # how long the report waits for the last webhooks


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=execute)
    parser.add_argument(
        "command_line",
        nargs=argparse.REMAINDER,
        metavar="-- CMD",
        help="the command to run, with its arguments",
    )
    parser.add_argument(
        "--intercept",
        action="store_true",
        help="redirect what programs send to api.hume.ai: those of Python and Node by a "
        "hook, others by a proxy with a certificate of its own",
    )
    add_demand_flags(parser, "--report", "never")
    add_settings(parser, [each.name for each in SETTINGS if each.name not in ("host", "port")])


def execute(arguments: argparse.Namespace) -> int:
    try:
        command = find_command(arguments.command_line)
    except NoCommand as error:
        return complain(error, error.code)
    if not command:
        raise UsageError("exec needs a command: evi-emulator exec -- npm test")
    settings = load_settings({**vars(arguments), "port": "0"})
    is_judged = _asks_for_a_report(arguments)
    demands = read_demand_flags(arguments) if is_judged else None
    chosen = {each.name: getattr(settings, each.name) for each in SETTINGS if each.name != "host"}
    with Emulator(**chosen) as server:
        evi = server.world(settings.api_key[0] if settings.api_key else None)
        evi.tool_call_patience_s = None  # a person may answer by hand
        if sys.stderr.isatty():  # no log keeps the key that the URL has
            print(f"evi-emulator: the inspector is at {evi.inspector_url}", file=sys.stderr)
        code = _run(command, evi, arguments.intercept)
        try:
            evi.check_stubs()
            if settings.fail_unused:
                evi.check_unused()
        except AssertionError as error:
            code = complain(EmulatorError(str(error)), code or FAILED)
        if code != 0:
            print(f"what happened in the emulator:\n{evi.timeline()}", file=sys.stderr)
        if demands is not None:
            evi.webhooks.drain(_WEBHOOKS_S)
            code = _judge(
                server.contract_report(shlex.join(command)), demands, arguments.report_files, code
            )
        return code


def _run(command: list[str], evi: Evi, is_intercepted: bool) -> int:
    if not is_intercepted:
        return run_command(command, evi.env)
    target = read_target(evi.url, evi.api_key, evi.ca_file)
    with intercepting(evi.env, target) as interception:
        code = run_command(command, interception.environment)
        print(f"evi-emulator: {interception.summary()}", file=sys.stderr)
    return code


def _asks_for_a_report(arguments: argparse.Namespace) -> bool:
    asked = (arguments.report_files, arguments.min_coverage, arguments.allow)
    return any(asked) or arguments.fail_on != "never"


def _judge(report: Report, demands: Demands, files: Sequence[str], code: int) -> int:
    """Write the report and return the exit code: the command's own if the command failed."""
    try:
        judged = finish(report, demands, files, _NOTHING)
    except EmulatorError as error:
        judged = complain(error, FAILED)
    return code or judged
