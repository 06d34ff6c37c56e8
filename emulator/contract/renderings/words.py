"""Sentences about findings and coverage that several formats have."""

import json
from datetime import UTC, datetime

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


def run(report: Report) -> str:
    """Return what was run, such as 'emulator 0.1.0, seed demo, command: npm test'."""
    facts = report.run
    if not facts:
        return ""
    told = [f"emulator {facts['version']}", f"seed {facts['seed']}"]
    if "random_seed" in facts:
        told.append(f"random seed {facts['random_seed']}")
    if "command" in facts:
        told.append(f"command: {facts['command']}")
    return visible(", ".join(told))


def trouble(found: JsonObject) -> str:
    """Say what is wrong: what was expected and what came, or what the refusal said."""
    expected, value = visible(found["expected"]), got(found["got"])
    if not _is_sentence(expected):
        return f"expected {expected}; got {value}"
    if found["got"] is None:
        return expected
    if found["code"] == "request_refused":  # `got` is the error's code
        return f"{expected.removesuffix('.')} ({visible(str(found['got']))})"
    return f"{expected.removesuffix('.')}; got {value}"


def _is_sentence(text: str) -> bool:
    """True if a text is a message such as 'A config is missing', False for 'JSON' or 'a text'."""
    return text[:1].isupper() and not text[1:2].isupper()


def seen(found: JsonObject) -> str:
    """Say how often a finding came, in which journal entries, when first, and in which request."""
    parts = ["once" if found["count"] == 1 else f"{found['count']} times"]
    first, last = found["first_seq"], found["last_seq"]
    if first:
        parts.append(f"journal {first}" if first == last else f"journal {first} to {last}")
    if found["first_at_ms"] is not None:
        at_s = found["first_at_ms"] / 1000
        time = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
        parts.append(f"first at {time.removesuffix('+00:00')}Z")
    line = f": {visible(found['first_line'])}" if found["first_line"] else ""
    return f"{', '.join(parts)}{line}"


def got(value: Json) -> str:
    """Return a value as text; None means that there was none."""
    return "nothing" if value is None else visible(json.dumps(value, ensure_ascii=False))


def left_out(report: Report) -> str:
    """Return a sentence about the findings that were not kept, or an empty text."""
    return f"Not kept: {_several(report.dropped, 'more finding')}." if report.dropped else ""


def _several(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
