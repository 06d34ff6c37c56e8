"""`evi-emulator ready`: waits until an emulator answers."""

import argparse

from emulator.cli.parser import OK, add_ca_flag, default_url
from emulator.durations import duration_ms
from emulator.errors import UsageError
from emulator.ready import wait_until_ready


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=ready)
    default = default_url()
    parser.add_argument(
        "--url", default=default, help=f"where the emulator serves (default {default})"
    )
    add_ca_flag(parser)
    parser.add_argument(
        "--timeout", default="10s", help="how long to wait, such as 10s or 500ms (default 10s)"
    )


def ready(arguments: argparse.Namespace) -> int:
    try:
        timeout_ms = duration_ms(arguments.timeout)
    except ValueError as error:
        raise UsageError(str(error)) from None
    health = wait_until_ready(arguments.url, timeout_ms, arguments.ca)
    print(f"ready: evi-emulator {health['version']} on {arguments.url}")
    return OK
