"""The flags of `record`, `replay`, `diff` and `seed import`.

Each command imports its module when it runs, so `--help` and other commands do not wait for
what it needs.
"""

import argparse
from importlib import import_module

from emulator.cli.child import COMMAND_EPILOG
from emulator.cli.parser import Command, Commands, add_ca_flag, add_command, add_settings

# Settings in which services differ; the recording decides all others.
DIFF_SETTINGS = (
    "timestamps", "require_voice", "name_conflict", "inactivity_timeout", "audio_output", "pace",
    "spec",
)  # fmt: skip


def add_record(commands: Commands) -> None:
    parser = add_command(
        commands,
        "record",
        _lazy("record"),
        "write down what a client and a real server say to each other",
    )
    parser.add_argument(
        "--upstream",
        required=True,
        metavar="URL",
        help="the server, such as https://api.hume.ai; nothing else is ever called",
    )
    parser.add_argument("--out", required=True, metavar="FILE", help="the recording")
    parser.add_argument("--append", action="store_true", help="add to the file if it is there")
    parser.add_argument("--force", action="store_true", help="replace the file if it is there")
    parser.add_argument(
        "--port", type=int, default=0, help="where clients connect (default 0: any that is free)"
    )
    parser.add_argument(
        "--kept-bytes",
        type=int,
        metavar="N",
        help="the largest body or frame to keep; of larger ones only the size (default 4 MiB)",
    )
    add_ca_flag(parser)
    parser.epilog = COMMAND_EPILOG


def add_replay(commands: Commands) -> None:
    parser = add_command(
        commands,
        "replay",
        _lazy("replay"),
        "serve a recording; exit code 1 if a client differs from it",
    )
    parser.add_argument("recording", metavar="RECORDING", help="a file that `record` has written")
    parser.add_argument(
        "--port", type=int, default=0, help="where clients connect (default 0: any that is free)"
    )
    parser.add_argument(
        "--pace",
        default="instant",
        help="instant (default), realtime, or how many times as fast as recorded",
    )
    _add_format_flags(parser)
    parser.epilog = COMMAND_EPILOG


def add_diff(commands: Commands) -> None:
    parser = add_command(
        commands,
        "diff",
        _lazy("diff"),
        "send recorded traffic to an emulator; exit code 1 if its answers differ in shape",
    )
    parser.add_argument("recording", metavar="RECORDING", help="a file that `record` has written")
    parser.add_argument(
        "--url", help="a running emulator (default: a new one); its own worlds stay untouched"
    )
    add_ca_flag(parser)
    parser.add_argument(
        "--patience", default="5s", help="how long a frame may take that was recorded (default 5s)"
    )
    _add_format_flags(parser)
    add_settings(parser, DIFF_SETTINGS)


def add_import(actions: Commands) -> None:
    parser = add_command(
        actions,
        "import",
        _lazy("seed_import"),
        "make a seed and a script of a recording",
    )
    parser.add_argument("recording", metavar="RECORDING", help="a file that `record` has written")
    parser.add_argument("--seed", dest="to_seed", metavar="FILE", help="write the seed there")
    parser.add_argument("--script", dest="to_script", metavar="FILE", help="write the script there")
    parser.add_argument("--chat", type=int, metavar="N", help="use this chat alone (1: the first)")
    parser.add_argument(
        "--pauses", action="store_true", help="keep in the script how long everybody took"
    )
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    add_settings(parser, ["spec"])


def _add_format_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="GLOB",
        help="differences to accept, by place ('/body/*/modified_on'), or by subject and place "
        "('create-config/status')",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(default text)")


def _lazy(name: str) -> Command:
    """Return the command `name` of the module `name` here, which is imported when it runs."""

    def command(arguments: argparse.Namespace) -> int:
        run: Command = getattr(import_module(f"emulator.cli.{name}"), name)
        return run(arguments)

    return command
