"""`evi-emulator serve`."""

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Mapping

from emulator.cli.parser import OK, add_settings, settings_of
from emulator.web.real_keys import looks_real

OPEN_TO_OTHERS = (
    "evi-emulator: it listens on {host}, not on this machine alone: everybody who reaches it can "
    "read and change all worlds; --host 127.0.0.1 keeps others out"
)


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=serve)
    parser.add_argument(
        "--until-stdin-ends",
        action="store_true",
        help="stop when standard input ends, as it does when the process that started it ends",
    )
    add_settings(parser)


def serve(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    gc.disable()  # loading makes next to no garbage
    from emulator.extras.mounts import MOUNTS  # on the server, too
    from emulator.server import Server  # 0.4 s, not needed for --help

    server = Server(settings, MOUNTS)
    api_key = settings.api_key[0] if settings.api_key else "any"
    served = {each.name: len(each.operations) for each in server.app.apis}
    if server.is_open_to_others:
        print(OPEN_TO_OTHERS.format(host=settings.host), file=sys.stderr)
    if looks_real(api_key):  # logs keep what is printed
        api_key = f"...{api_key[-4:]}"
    line = banner(server.url, settings.seed, served, api_key, settings.signing_key)
    print(line + ca_note(server.ca_file), flush=True)
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


def banner(url: str, seed: str, served: Mapping[str, int], api_key: str, signing_key: str) -> str:
    """Return the line that says what is served where, and how to point clients at it.

    `served` has the number of operations of each API.
    """
    apis, operations = ", ".join(served), sum(served.values())
    return (
        f"Serving {apis}: {operations} operations (seed {seed}) on {url}"
        f" | Inspector: {url}/_emulator/"
        f' | Python: HumeClient(base_url="{url}", api_key="{api_key}")'
        f' | TypeScript: new HumeClient({{ environment: "{url}", apiKey: "{api_key}" }})'
        f' | React: connect({{ auth, hostname: "{url}" }})'
        f" | Webhook signing key: {signing_key}"
    )


def ca_note(ca_file: str | None) -> str:
    """Return the end of that line if clients must trust our CA, else ''."""
    return "" if ca_file is None else f" | CA file: {ca_file}"
