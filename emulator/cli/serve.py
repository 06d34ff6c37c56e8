"""`evi-emulator serve`."""

import argparse
import gc
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from emulator.cli.colour import Paint, painter
from emulator.cli.parser import OK, add_settings, settings_of
from emulator.credentials import DEFAULT_KEY
from emulator.web.real_keys import looks_real

if TYPE_CHECKING:
    from emulator.server import Server

OPEN_TO_OTHERS = (
    "evi-emulator: it listens on {host}, not on this machine alone: everybody who reaches it can "
    "read and change all worlds; --host 127.0.0.1 keeps others out"
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=serve)
    parser.add_argument(
        "--quiet",
        action="store_true",
        help="print where it serves, and no line for each chat, webhook and refused request",
    )
    parser.add_argument(
        "--until-stdin-ends",
        action="store_true",
        help="stop when standard input ends, as it does when the parent process ends",
    )
    add_settings(parser)


def serve(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    gc.disable()  # loading makes next to no garbage
    from emulator.extras.mounts import MOUNTS  # on the server, too
    from emulator.server import Server  # 0.4 s, not needed for --help

    server = Server(settings, MOUNTS)
    if server.is_open_to_others:
        print(OPEN_TO_OTHERS.format(host=settings.host), file=sys.stderr)
    paint = painter(sys.stdout)
    print("\n".join(start_lines(server, paint, arguments.quiet)), flush=True)
    if not arguments.quiet:
        from emulator.cli.live import tell_what_happens  # --help needs none of it

        tell_what_happens(server, sys.stdout, paint)
    # Loaded modules stay. Chats and worlds are freed without the collector, which only serves what
    # libraries leave behind, such as connections. So it can run less often than by default.
    gc.freeze()
    gc.set_threshold(10_000, 10, 40)
    gc.enable()
    if arguments.until_stdin_ends:
        threading.Thread(target=_stop_with_stdin, daemon=True).start()
    server.run()
    return OK


def _stop_with_stdin() -> None:
    """Ask this process to stop once standard input ends, however the one that held it ended."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    signal.raise_signal(signal.SIGTERM)


def start_lines(server: "Server", paint: Paint, is_quiet: bool) -> list[str]:
    """Return the lines of the start: what is served where, and how to point clients at it.

    Programs read the first line, which ends with the URL, and the CA's file: both have no
    colours.
    """
    settings = server.settings
    served = {each.name: len(each.operations) for each in server.app.apis}
    apis, operations = ", ".join(served), sum(served.values())
    lines = [f"Serving {apis}: {operations} operations (seed {settings.seed}) on {server.url}"]
    if not is_quiet:
        lines += [paint("dim", _label(name)) + value for name, value in _facts(server).items()]
    if server.ca_file is not None:
        lines.append(_label("CA file") + server.ca_file)
    return lines


def _label(name: str) -> str:
    return f"  {name:12} "


def _facts(server: "Server") -> dict[str, str]:
    settings, url = server.settings, server.url
    api_key = settings.api_key[0] if settings.api_key else DEFAULT_KEY
    if looks_real(api_key):  # logs keep what is printed
        api_key = f"...{api_key[-4:]}"
    return {
        "Inspector": f"{url}/_emulator/",
        "Python": f'HumeClient(base_url="{url}", api_key="{api_key}")',
        "TypeScript": f'new HumeClient({{ environment: "{url}", apiKey: "{api_key}" }})',
        "React": f'connect({{ auth, hostname: "{url}" }})',
        "Expression": f'ExpressionMeasurementClientEnvironment(base="{url}", '
        f'production="{url.replace("http", "ws", 1)}")',
        "Signing key": f"{settings.signing_key} (of webhooks)",
    }
