"""A check's report as text, JSON and JUnit XML."""

import json
from collections.abc import Callable, Iterator, Mapping
from xml.etree import ElementTree as Xml

from emulator.apis.evi.model.check.results import (
    FAIL,
    PASS,
    SKIPPED,
    WARN,
    CaseResult,
    CheckReport,
    Problem,
)
from emulator.contract.renderings.junit import to_document
from emulator.contract.renderings.text import GREEN, PLAIN, RED, YELLOW
from emulator.errors import UsageError, closest
from emulator.redaction.printable import visible

TITLE = "Custom language model check"
_SUITE = "clm-check"
_INDENT = " " * 8
_COLOURS = {PASS: GREEN, WARN: YELLOW, FAIL: RED}


def to_text(report: CheckReport) -> str:
    return "\n".join(_lines(report)) + "\n"


def to_json_text(report: CheckReport) -> str:
    return json.dumps(report.to_json(), indent=2) + "\n"  # in ASCII, as it may go to a terminal


def to_junit(report: CheckReport) -> str:
    """Render the report as JUnit XML: a test case for each case; warnings are its output."""
    suite = Xml.Element("testsuite", name=_SUITE)
    for result in report.results:
        seconds = f"{result.duration_ms / 1000:.3f}"
        case = Xml.SubElement(suite, "testcase", classname=_SUITE, name=result.name, time=seconds)
        failed = [_sentence(each) for each in result.problems if each.level == FAIL]
        others = [_sentence(each) for each in result.problems if each.level != FAIL]
        if failed:
            failure = Xml.SubElement(case, "failure", message=failed[0])
            failure.text = "\n".join(failed)
        elif result.skipped is not None:
            Xml.SubElement(case, "skipped", message=result.skipped)
        if others or result.note:
            Xml.SubElement(case, "system-out").text = "\n".join([*others, result.note or ""])
    return to_document(suite)


FORMATS: Mapping[str, Callable[[CheckReport], str]] = {
    "text": to_text,
    "json": to_json_text,
    "junit": to_junit,
}


def render_check(report: CheckReport, format: str) -> str:
    """Render the report in one of FORMATS. Raises UsageError."""
    check_format(format)
    return FORMATS[format](report)


def check_format(format: str) -> None:
    """Raise UsageError for a format that is not one of FORMATS."""
    if format not in FORMATS:
        hint, known = closest(format, list(FORMATS)), ", ".join(FORMATS)
        raise UsageError(f"no format {format!r}{hint}; known: {known}")


def _lines(report: CheckReport) -> Iterator[str]:
    yield f"{TITLE}: {visible(report.url)} ({report.form})"
    for result in report.results:
        yield from case_lines(result)
    counts = (report.count(PASS), report.count(WARN), report.count(FAIL), report.count(SKIPPED))
    yield "{} passed, {} with warnings, {} failed, {} skipped".format(*counts)


def case_lines(result: CaseResult) -> Iterator[str]:
    """Yield the lines of one case: its level, its first words' time, and its problems."""
    first = "" if result.first_token_ms is None else f"first token after {result.first_token_ms} ms"
    told = "; ".join(filter(None, (first, result.skipped, result.note)))
    yield f"{result.level:7} {result.name:15} {visible(told)}".rstrip()
    if result.problems:
        yield f"{_INDENT}sends {result.sends}"
    for each in result.problems:
        code = f"  {each.code}" if each.code else ""
        yield f"{_INDENT}{each.level}{code}: expected {visible(each.expected)}"
        yield f"{_INDENT}  got {visible(each.got)}"
        yield f"{_INDENT}  {visible(each.hint)}".rstrip()


def _sentence(problem: Problem) -> str:
    return visible(f"expected {problem.expected}, got {problem.got}: {problem.hint}")


def in_colour(text: str) -> str:
    """Colour a rendered report for a terminal that shows colours."""
    return "\n".join(map(_coloured, text.split("\n")))


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line.split(" ", 1)[0])
    return line if colour is None else f"{colour}{line}{PLAIN}"
