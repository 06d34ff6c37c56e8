"""The report for CI systems that show tests: a test case for each operation and subject."""

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from emulator.contract.renderings.words import seen, trouble
from emulator.contract.report import Demands, Report
from emulator.jsontext import JsonObject
from emulator.redaction.printable import visible

_SUITE = "evi-contract"


def to_junit(report: Report, demands: Demands) -> str:
    """Render the report as JUnit XML.

    Operations that were never called are skipped; a finding that the demands allow is output.
    """
    by_subject: dict[str, list[JsonObject]] = {}
    for found in report.findings:
        by_subject.setdefault(found["subject"], []).append(found)
    operations = report.coverage.parts[0].items
    never = {item.name for item in operations if not item.detail}
    suite = Xml.Element("testsuite", name=_SUITE)
    for subject in dict.fromkeys([*(item.name for item in operations), *by_subject]):
        case = Xml.SubElement(suite, "testcase", classname=_SUITE, name=visible(subject))
        _add_findings(case, by_subject.get(subject, []), demands)
        if subject in never and subject not in by_subject:
            Xml.SubElement(case, "skipped", message="never called")
    for sentence in report.shortcomings(demands):
        case = Xml.SubElement(suite, "testcase", classname=_SUITE, name="contract")
        Xml.SubElement(case, "failure", message=visible(sentence))
    return to_document(suite)


def to_document(suite: Xml.Element) -> str:
    """Return a suite of test cases, counted, as a document."""
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in suite)))
    suites = Xml.Element("testsuites")
    suites.append(suite)
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _add_findings(case: Xml.Element, findings: Sequence[JsonObject], demands: Demands) -> None:
    forbidden = [found for found in findings if demands.forbid(found)]
    allowed = [found for found in findings if not demands.forbid(found)]
    if forbidden:
        message = ", ".join(dict.fromkeys(found["code"] for found in forbidden))
        failure = Xml.SubElement(case, "failure", message=message)
        failure.text = "\n".join(map(_sentence, forbidden))
    if allowed:
        Xml.SubElement(case, "system-out").text = "\n".join(map(_sentence, allowed))


def _sentence(found: JsonObject) -> str:
    hint = f" {found['hint']}" if found["hint"] else ""
    return visible(  # XML can't have all characters
        f"{found['level']} {found['code']} at {found['place']}: {trouble(found)}.{hint} "
        f"({seen(found)})"
    )
