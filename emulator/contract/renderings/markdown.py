"""The report for a pull request or a job's summary."""

from collections.abc import Iterator

from emulator.contract.renderings.words import TITLE, left_out, run, seen, summary, trouble
from emulator.contract.report import Demands, Report
from emulator.jsontext import JsonObject
from emulator.redaction.printable import visible


def to_markdown(report: Report, demands: Demands) -> str:
    return "\n".join(_lines(report, demands)) + "\n"


def _lines(report: Report, demands: Demands) -> Iterator[str]:
    yield f"# {TITLE}\n"
    yield f"{summary(report)}\n"
    if report.run:
        yield f"{_cell(run(report))}\n"
    yield from (f"- **failed**: {_cell(failure)}" for failure in report.failures(demands))
    if report.findings:
        yield "\n## Findings\n"
        yield "| level | code | where | what | hint | seen |"
        yield "|---|---|---|---|---|---|"
        yield from map(_row, report.findings)
    if report.dropped:
        yield f"\n{left_out(report)}"
    yield "\n## Coverage\n"
    yield "| part | covered | % | never exercised |"
    yield "|---|---|---|---|"
    for part in report.coverage.parts:
        missing = _cell(part.never) or "-"
        yield f"| {part.name} | {part.covered} of {part.total} | {part.percent:g} | {missing} |"


def _row(found: JsonObject) -> str:
    cells = (
        found["level"],
        f"`{found['code']}`",
        _cell(f"{found['subject']} {found['place']}"),
        _cell(trouble(found)),
        _cell(found["hint"]) or "-",
        _cell(seen(found)),
    )
    return f"| {' | '.join(cells)} |"


_MARKUP = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>#|~"})


def _cell(text: str) -> str:
    """Return text that a client may have sent without markup, in one line."""
    return visible(text).translate(_MARKUP).replace("://", ":\u200b//")
