"""What the formats have in common: sentences about findings and coverage."""

import json

from emulator.contract.findings import ERROR
from emulator.contract.report import Report
from emulator.jsontext import Json, JsonObject
from emulator.redaction.printable import visible

TITLE = "EVI contract report"


def summary(report: Report) -> str:
    """Such as '2 errors, 1 warning; coverage 41.5 %'."""
    errors = sum(found["level"] == ERROR for found in report.findings)
    told = [_several(errors, "error"), _several(len(report.findings) - errors, "warning")]
    return f"{', '.join(told)}; coverage {report.coverage.percent:g} %"


def seen(found: JsonObject) -> str:
    """How often, and where in the journal; of callers without a world there is none."""
    times = "once" if found["count"] == 1 else f"{found['count']} times"
    first, last = found["first_seq"], found["last_seq"]
    if first == 0:
        return times
    return f"{times}, journal {first}" if first == last else f"{times}, journal {first} to {last}"


def got(value: Json) -> str:
    """A value in short; None is that there was none."""
    return "nothing" if value is None else visible(json.dumps(value, ensure_ascii=False))


def left_out(report: Report) -> str:
    """A sentence about findings that were too many, or nothing."""
    return f"Not kept: {_several(report.dropped, 'more finding')}." if report.dropped else ""


def _several(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
