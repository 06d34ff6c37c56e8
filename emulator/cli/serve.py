"""`evi-emulator serve` and `ready`."""

import argparse
import gc
import sys

from emulator.cli.parser import (
    OK,
    Commands,
    add_ca_flag,
    add_command,
    add_settings,
    default_url,
    settings_of,
)
from emulator.durations import duration_ms
from emulator.errors import UsageError

OPEN_TO_OTHERS = (
    "evi-emulator: it listens on {host}, not on this machine alone: everybody who reaches it can "
    "read and change all worlds; --host 127.0.0.1 keeps others out"
)


def add_serve(commands: Commands) -> None:
    add_settings(add_command(commands, "serve", serve, "serve the emulated API until Ctrl-C"))


def serve(arguments: argparse.Namespace) -> int:
    settings = settings_of(arguments)
    gc.disable()  # loading makes next to no garbage
    from emulator.extras.mounts import MOUNTS
    from emulator.server import Server
    from emulator.web.real_keys import looks_real

    server = Server(settings, MOUNTS)
    api_key = settings.api_key[0] if settings.api_key else "any"
    operations = len(server.app.operations)
    if server.is_open_to_others:
        print(OPEN_TO_OTHERS.format(host=settings.host), file=sys.stderr)
    if looks_real(api_key):  # logs keep what is printed
        api_key = f"...{api_key[-4:]}"
    line = banner(server.url, settings.seed, operations, api_key, settings.signing_key)
    print(line + ca_note(server.ca_file), flush=True)
    # Loaded modules stay. Chats and worlds are freed without the collector, which only serves what
    # libraries leave behind, such as connections. So it can run less often than by default.
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()
    server.run()
    return OK


def banner(url: str, seed: str, operations: int, api_key: str, signing_key: str) -> str:
    """Return the line that says what is served where, and how to point clients at it."""
    return (
        f"Serving {operations} operations (seed {seed}) on {url} | Inspector: {url}/_emulator/"
        f' | Python: HumeClient(base_url="{url}", api_key="{api_key}")'
        f' | TypeScript: new HumeClient({{ environment: "{url}", apiKey: "{api_key}" }})'
        f' | React: connect({{ auth, hostname: "{url}" }})'
        f" | Webhook signing key: {signing_key}"
    )


def ca_note(ca_file: str | None) -> str:
    """Return the end of that line if clients must trust our CA, else ''."""
    return "" if ca_file is None else f" | CA file: {ca_file}"


def add_ready(commands: Commands) -> None:
    parser = add_command(
        commands, "ready", ready, "wait until an emulator answers; exit 1 if it doesn't"
    )
    default = default_url()
    parser.add_argument("--url", default=default, help=f"where it serves (default {default})")
    add_ca_flag(parser)
    parser.add_argument(
        "--timeout", default="10s", help="how long to wait, such as 10s or 500ms (default 10s)"
    )


def ready(arguments: argparse.Namespace) -> int:
    from emulator.ready import wait_until_ready

    try:
        timeout_ms = duration_ms(arguments.timeout)
    except ValueError as error:
        raise UsageError(str(error)) from None
    health = wait_until_ready(arguments.url, timeout_ms, arguments.ca)
    print(f"ready: evi-emulator {health['version']} on {arguments.url}")
    return OK
