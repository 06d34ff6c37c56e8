"""Sentences about findings and coverage that several formats have."""

import json

from emulator.contract.findings import ERROR
from emulator.contract.report import Report
from emulator.jsontext import Json, JsonObject
from emulator.redaction.printable import visible

TITLE = "EVI contract report"


def summary(report: Report) -> str:
    """Return a line such as '2 errors, 1 warning; coverage 41.5 %'."""
    errors = sum(found["level"] == ERROR for found in report.findings)
    counts = [_several(errors, "error"), _several(len(report.findings) - errors, "warning")]
    return f"{', '.join(counts)}; coverage {report.coverage.percent:g} %"


def seen(found: JsonObject) -> str:
    """Say how often a finding came, and in which journal entries, if its caller has a journal."""
    times = "once" if found["count"] == 1 else f"{found['count']} times"
    first, last = found["first_seq"], found["last_seq"]
    if first == 0:
        return times
    return f"{times}, journal {first}" if first == last else f"{times}, journal {first} to {last}"


def got(value: Json) -> str:
    """Return a value as text; None means that there was none."""
    return "nothing" if value is None else visible(json.dumps(value, ensure_ascii=False))


def left_out(report: Report) -> str:
    """Return a sentence about the findings that were not kept, or an empty text."""
    return f"Not kept: {_several(report.dropped, 'more finding')}." if report.dropped else ""


def _several(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
