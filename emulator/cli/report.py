"""`evi-emulator report`: what clients of a running emulator do wrong, and never exercise."""

import argparse
import sys
from collections.abc import Iterator, Sequence

import emulator.apis.apis  # noqa: F401 - registers what --allow and --min-coverage may name
from emulator.cli.colour import has_colours
from emulator.cli.http import Remote, add_server_flags
from emulator.cli.parser import FAILED, OK, default_url
from emulator.contract.renderings import check_files, check_format, render_report, write_reports
from emulator.contract.renderings.text import finding_lines, in_colour
from emulator.contract.renderings.words import summary
from emulator.contract.report import NEVER, Demands, Report, read_demands, read_report

_PATH = "/_emulator/contract"
_MOST_PRINTED = 20  # findings, if the report itself is in a file
_FORMATS = ("text", "json", "junit", "html", "markdown")


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=report)
    default = default_url()
    add_server_flags(parser, default, f"where the emulator serves (default {default})")
    parser.add_argument("--all", action="store_true", help="report on the clients of all worlds")
    formats = ", ".join(_FORMATS)
    parser.add_argument(
        "--format", help=f"print {formats} (default text, or nothing with --output)"
    )
    parser.add_argument("--clear", action="store_true", help="start over after the report")
    add_demand_flags(parser, "--output", "error")


def add_demand_flags(parser: argparse.ArgumentParser, file_flag: str, fail_on: str) -> None:
    """Add the flags for what clients must keep to, and for the files of the report."""
    parser.add_argument(
        file_flag,
        dest="report_files",
        action="append",
        default=[],
        metavar="FILE",
        help="write the report to a file: .html, .md, .xml (JUnit), .json or .txt; may be repeated",
    )
    parser.add_argument(
        "--fail-on",
        default=fail_on,
        metavar="LEVEL",
        help=f"exit with 1 for findings of this level or above: warning, error, or never "
        f"(default {fail_on})",
    )
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="CODE",
        help="let findings with this code pass; may be repeated",
    )
    parser.add_argument(
        "--min-coverage",
        action="append",
        default=[],
        metavar="[PART=]PERCENT",
        help="exit with 1 below this coverage, of the whole API or of a part such as "
        "operations=100; may be repeated",
    )


def report(arguments: argparse.Namespace) -> int:
    format = arguments.format or (None if arguments.report_files else "text")
    if format is not None:
        check_format(format)
    demands = read_demand_flags(arguments)
    remote = Remote(arguments.url, arguments.key, arguments.ca)
    path = _PATH + ("?worlds=all" if arguments.all else "")
    found = read_report(remote.call("GET", path))
    if format is not None:
        _print(render_report(found, demands, format), format)
    is_printed = format is not None
    code = finish(found, demands, arguments.report_files, _nothing(arguments), is_printed)
    if arguments.clear:  # only now, since writing the files may fail
        remote.call("DELETE", path)
    return code


def _nothing(arguments: argparse.Namespace) -> str:
    if arguments.all:
        return "no client has asked for anything since the emulator was started"
    return (
        f"no client has asked for anything with the key {arguments.key!r}: name another one with "
        "--api-key, or all of them with --all"
    )


def read_demand_flags(arguments: argparse.Namespace) -> Demands:
    """Return the demands of the flags.

    Raises UsageError, also for a file name that names no format.
    """
    check_files(arguments.report_files)
    return read_demands(arguments.fail_on, arguments.allow, arguments.min_coverage)


def finish(
    report: Report,
    demands: Demands,
    files: Sequence[str],
    nothing: str,
    is_printed: bool = False,
) -> int:
    """Write the files, print a summary unless the report was printed, return the exit code.

    `nothing` explains the failure if no client has asked for anything. Raises EmulatorError for
    files that can't be written.
    """
    write_reports(report, demands, files)
    failures = report.failures(demands)
    if report.is_empty and demands.fail_on != NEVER:
        failures.append(nothing)
        print(f"contract: failed: {nothing}", file=sys.stderr)
    if not is_printed:
        for line in _in_short(report, demands):
            print(f"contract: {line}", file=sys.stderr)
        for name in files:
            print(f"contract: written: {name}", file=sys.stderr)
    return FAILED if failures else OK


def _in_short(report: Report, demands: Demands) -> Iterator[str]:
    """Yield the findings that fail the client, and the summary."""
    forbidden = report.forbidden(demands)
    for found in forbidden[:_MOST_PRINTED]:
        yield from finding_lines(found)
    if len(forbidden) > _MOST_PRINTED:
        yield f"and {len(forbidden) - _MOST_PRINTED} more findings"
    yield summary(report)
    yield from (f"failed: {failure}" for failure in report.failures(demands))


def _print(text: str, format: str) -> None:
    is_coloured = format == "text" and has_colours(sys.stdout)
    print(in_colour(text) if is_coloured else text, end="")
