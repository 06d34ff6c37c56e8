"""`evi-emulator record`: records the traffic between a client and a real server."""

import argparse
import sys
from pathlib import Path

from emulator.cli.child import COMMAND_EPILOG, NoCommand, find_command, hold
from emulator.cli.parser import FAILED, add_ca_flag, complain
from emulator.errors import RecordingError, UsageError
from emulator.extras.recording.capture import DEFAULT_KEPT_BYTES
from emulator.extras.recording.proxy import RecordingProxy
from emulator.extras.recording.serving import Serving
from emulator.extras.recording.upstream import check_upstream
from emulator.extras.recording.writer import RecordingWriter
from emulator.ready import trusting


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=record)
    parser.add_argument(
        "--upstream",
        required=True,
        metavar="URL",
        help="the server, such as https://api.hume.ai; the command calls no other",
    )
    parser.add_argument(
        "--out", required=True, metavar="FILE", help="write the recording to a file"
    )
    parser.add_argument("--append", action="store_true", help="add to the file if it exists")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")
    parser.add_argument(
        "--port", type=int, default=0, help="the port for clients (default 0: any free port)"
    )
    parser.add_argument(
        "--kept-bytes",
        type=int,
        metavar="N",
        help="the largest body or frame to keep; keep only the size of larger ones (default 4 MiB)",
    )
    add_ca_flag(parser)
    parser.epilog = COMMAND_EPILOG


def record(arguments: argparse.Namespace) -> int:
    try:
        command = find_command(arguments.command_line)
    except NoCommand as error:
        return complain(error, error.code)
    upstream = check_upstream(arguments.upstream)
    if arguments.append and arguments.force:
        raise UsageError("--append and --force exclude each other")
    kept = DEFAULT_KEPT_BYTES if arguments.kept_bytes is None else arguments.kept_bytes
    if kept < 0:
        raise UsageError(f"--kept-bytes is 0 or more, got {kept}")
    trust = trusting(arguments.ca) if arguments.ca else None
    path = Path(arguments.out)

    serving = Serving(lambda: proxy.opened(), arguments.port)  # before there is a file
    with RecordingWriter(path, upstream, arguments.append, arguments.force) as writer:
        proxy = RecordingProxy(upstream, writer, kept, trust)
        with serving:
            starting = (
                f"recording on {serving.url} to {path}; whatever is sent here, keys too, goes to "
                f"{upstream} and nowhere else"
            )
            code = hold(serving.url, command, starting)
    print(writer.summary(), file=sys.stderr)
    if writer.failure is not None:
        return complain(RecordingError(writer.failure), code or FAILED)
    return code
