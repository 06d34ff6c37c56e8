"""The report for a terminal: findings, then a bar for each part of the coverage."""

from collections.abc import Iterator

from emulator.contract.coverage import Part
from emulator.contract.findings import ERROR
from emulator.contract.renderings.words import TITLE, left_out, run, seen, summary, trouble
from emulator.contract.report import Demands, Report
from emulator.jsontext import JsonObject
from emulator.redaction.printable import visible

_BAR = 20  # characters


def to_text(report: Report, demands: Demands) -> str:
    return "\n".join(_lines(report, demands)) + "\n"


def _lines(report: Report, demands: Demands) -> Iterator[str]:
    yield f"{TITLE}: {summary(report)}"
    if report.run:
        yield run(report)
    for found in report.findings:
        yield ""
        yield from finding_lines(found)
    if report.dropped:
        yield f"\n{left_out(report)}"
    yield "\nCoverage"
    width = max(len(part.name) for part in report.coverage.parts)
    for part in report.coverage.parts:
        yield _part(part, width)
    for failure in report.failures(demands):
        yield f"\nfailed: {failure}"


def finding_lines(found: JsonObject) -> Iterator[str]:
    """Yield the lines of one finding."""
    subject, place = visible(found["subject"]), visible(found["place"])
    yield f"{found['level']:7} {found['code']}  {subject}  {place}"
    yield f"        {trouble(found)}"
    hint = f"{visible(found['hint'])} " if found["hint"] else ""
    yield f"        {hint}({seen(found)})"


def _part(part: Part, width: int) -> str:
    done = round(part.percent / 100 * _BAR)
    bar = "█" * done + "·" * (_BAR - done)
    line = f"  {part.name:{width}}  {part.covered:4}/{part.total:<4} {part.percent:5.1f} %  {bar}"
    return f"{line}\n  {'':{width}}  never: {part.never}" if part.missing else line


RED, YELLOW, GREEN, BOLD, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[1m", "\x1b[0m"


def in_colour(text: str) -> str:
    """Colour a rendered report for a terminal that shows colours."""
    return "\n".join(map(_coloured, text.split("\n")))


def _coloured(line: str) -> str:
    if line.startswith((ERROR, "failed")):
        return f"{RED}{line}{PLAIN}"
    if line.startswith("warning"):
        return f"{YELLOW}{line}{PLAIN}"
    if line.startswith((TITLE, "Coverage")):
        return f"{BOLD}{line}{PLAIN}"
    return line.replace("█", f"{GREEN}█{PLAIN}") if "█" in line else line
