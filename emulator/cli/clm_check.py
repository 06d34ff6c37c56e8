"""`evi-emulator clm-check`: asks a custom language model what EVI would, and reports."""

import argparse
import asyncio
import os
import sys

from emulator.apis.evi.model.check.checker import check
from emulator.apis.evi.model.check.renderings import (
    FORMATS,
    check_format,
    in_colour,
    render_check,
)
from emulator.cli.parser import FAILED, OK, add_settings, settings_of
from emulator.contract.renderings import check_files, format_of, write_texts

_SETTINGS = ("map_url", "call_hosts", "call_hosts_only", "model_timeout")


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=clm_check)
    parser.add_argument(
        "url",
        metavar="URL",
        help="the model's address: https or wss, or http and ws on this machine and --call-hosts",
    )
    parser.add_argument(
        "--key", help="the server's key, sent as a Bearer token; the check tries wrong ones, too"
    )
    parser.add_argument(
        "--model", metavar="NAME", help="the model's name in the requests (default hume)"
    )
    parser.add_argument(
        "--case",
        dest="cases",
        action="append",
        metavar="NAME",
        help="run this case alone; may be repeated (default all)",
    )
    parser.add_argument("--format", default="text", help=f"print {', '.join(FORMATS)}")
    parser.add_argument(
        "--output",
        dest="files",
        action="append",
        default=[],
        metavar="FILE",
        help="also write the report to a file: .txt, .json or .xml (JUnit); may be repeated",
    )
    add_settings(parser, _SETTINGS)


def clm_check(arguments: argparse.Namespace) -> int:
    """Print the report; return 1 if a case has failed."""
    check_format(arguments.format)
    check_files(arguments.files)
    formats = {name: format_of(name) for name in arguments.files}
    for format in formats.values():
        check_format(format)
    settings = settings_of(arguments)
    url, key, model = arguments.url, arguments.key, arguments.model
    report = asyncio.run(check(url, settings, key, arguments.cases, model))
    text = render_check(report, arguments.format)
    has_colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(in_colour(text) if arguments.format == "text" and has_colours else text, end="")
    write_texts({name: render_check(report, format) for name, format in formats.items()})
    return FAILED if report.failed else OK
