"""The report as one HTML page without scripts, which loads nothing from elsewhere."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from emulator.contract.coverage import Item, Part
from emulator.contract.findings import ERROR
from emulator.contract.renderings.words import TITLE, left_out, run, seen, summary, trouble
from emulator.contract.report import Demands, Report
from emulator.contract.surface import PARTS
from emulator.jsontext import JsonObject
from emulator.redaction.printable import visible


def to_html(report: Report, demands: Demands) -> str:
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{TITLE}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>",
            *_body(report, demands),
            "</main>\n</body>\n</html>\n",
        )
    )


def _body(report: Report, demands: Demands) -> Iterator[str]:
    failures = report.failures(demands)
    verdict = "fails" if failures else "holds"
    yield f'<h1>{TITLE} <span class="verdict {verdict}">{verdict}</span></h1>'
    yield f"<p>{_text(summary(report))}</p>"
    if report.run:
        yield f"<p>{_text(run(report))}</p>"
    if failures:
        items = "".join(f"<li>{_text(each)}</li>" for each in failures)
        yield f'<ul class="failures">{items}</ul>'
    yield "<h2>Findings</h2>"
    if not report.findings:
        yield "<p>None: everything that was sent is as the document has it.</p>"
    for found in report.findings:
        yield _finding(found)
    yield f"<p>{left_out(report)}</p>" if report.dropped else ""
    yield "<h2>Coverage</h2>"
    for part in report.coverage.parts:
        yield _part(part)


def _finding(found: JsonObject) -> str:
    level = "error" if found["level"] == ERROR else "warning"
    hint = f'<p class="hint">{_text(found["hint"])}</p>' if found["hint"] else ""
    return (
        f'<article class="finding {level}"><h3><span class="level">{level}</span> '
        f"<code>{_text(found['code'])}</code> {_text(found['subject'])} "
        f"<code>{_text(found['place'])}</code></h3>"
        f"<p>{_text(trouble(found))}</p>{hint}"
        f'<p class="seen">{_text(seen(found))}</p></article>'
    )


def _part(part: Part) -> str:
    items = "".join(map(_item, part.items))
    meter = f'<meter min="0" max="100" value="{part.percent:g}">{part.percent:g} %</meter>'
    return (
        f"<details><summary><b>{_text(part.name)}</b> {meter} "
        f"<span>{part.covered} of {part.total}</span> "
        f'<span class="what">{_text(PARTS.get(part.name, ""))}</span></summary>'
        f'<ul class="items">{items}</ul></details>'
    )


def _item(item: Item) -> str:
    state = "extra" if item.extra else "seen" if item.count else "never"
    detail = item.detail or {}
    counts = ", ".join(f"{status}: {count}" for status, count in detail.items()) or str(item.count)
    return (
        f'<li class="{state}"><code>{_text(item.name)}</code> '
        f"<span>{_text(counts) if state != 'never' or detail else 'never'}</span></li>"
    )


def _text(text: str) -> str:
    """Return text that a client may have sent, without markup."""
    return escape(visible(text))
