"""The formats of a contract report, whatever its clients have sent."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from emulator.contract.renderings import FORMATS, format_of, render_report, write_reports
from emulator.contract.renderings.text import PLAIN, RED, YELLOW, in_colour
from emulator.contract.report import NEVER, Demands, Report, read_demands, read_report
from emulator.contract.surface import PARTS
from emulator.errors import EmulatorError, UsageError
from tests.contract.reports import HOSTILE, REPORTS, empty, hostile, small

LENIENT, STRICT = Demands(NEVER), Demands("warning", least={"operations": 80.0})
VOID = ("meta", "br", "hr", "img", "input", "link")


def rendered(format: str, name: str, demands: Demands = STRICT) -> str:
    return render_report(REPORTS[name](), demands, format)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", REPORTS)
def test_what_every_format_keeps_to(format: str, name: str) -> None:
    """It can be written as UTF-8, ends its last line, and has no signs that steer a terminal."""
    text = rendered(format, name)
    text.encode()
    assert text.endswith("\n")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    assert not re.search(r"[\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


# HTML


class Page(HTMLParser):
    """What a page consists of. Raises AssertionError for an element that nothing closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: set[tuple[str, str]] = set()
        self.text: list[str] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes |= {(tag, name) for name, _ in attrs}
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@pytest.mark.parametrize("name", REPORTS)
def test_html_is_a_page(name: str) -> None:
    """Whole and well-nested, with all parts of the coverage, and nothing from elsewhere."""
    text = rendered("html", name)
    page = Page(text)
    for tag in ("html", "head", "title", "style", "body", "main", "h1"):
        assert page.elements[tag] == 1
    assert page.elements["details"] == page.elements["meter"] == len(PARTS)
    assert page.elements["article"] == len(REPORTS[name]().findings)
    own = {("html", "lang"), ("meta", "charset"), ("meta", "name"), ("meta", "content")}
    assert {name for _, name in page.attributes - own} <= {"class", "min", "max", "value"}
    assert not {"script", "link", "img", "iframe", "a"} & set(page.elements)
    assert "url(" not in text.partition("</style>")[0]


def test_html_has_nothing_of_a_client_but_text() -> None:
    """Whatever was sent makes no element, no attribute, no comment; it is there to read."""
    page, plain = Page(rendered("html", "hostile")), Page(rendered("html", "small"))
    assert set(page.elements) <= set(plain.elements)
    assert page.attributes <= plain.attributes
    assert page.comments == []
    told = "".join(page.text)
    for text in ("<img src=x onerror=alert(1)>", "</style><script>alert(1)</script>", "]]>"):
        assert text in told
    assert "&lt;b&gt;&amp;&#60;" in told
    assert "\\u202etxet\\u2066\\u200f" in told
    assert "\\x1b[31mred" in told


@pytest.mark.parametrize(("demands", "verdict"), [(LENIENT, "holds"), (STRICT, "fails")])
def test_html_says_how_it_stands(demands: Demands, verdict: str) -> None:
    """First of all."""
    text = rendered("html", "small", demands)
    assert f'<span class="verdict {verdict}">{verdict}</span>' in text
    assert ("operations: 50 % of 80 % wanted" in text) == (verdict == "fails")


# JUnit


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("demands", [LENIENT, Demands(), STRICT], ids=["never", "error", "warning"])
def test_junit_is_xml_that_counts_right(name: str, demands: Demands) -> None:
    """A case for each operation and each subject; failures are what the demands forbid."""
    report = REPORTS[name]()
    [suite] = ElementTree.fromstring(render_report(report, demands, "junit"))
    cases = suite.findall("testcase")
    counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "skipped")}  # fmt: skip  # noqa: E501
    assert suite.attrib == {
        "name": "evi-contract",
        "tests": str(len(cases)),
        "failures": str(counts["failure"]),
        "skipped": str(counts["skipped"]),
    }
    assert all(case.get("name") and case.get("classname") == "evi-contract" for case in cases)
    subjects = {"list-a", "make-a", *(found["subject"] for found in report.findings)}
    forbidden = {found["subject"] for found in report.findings if demands.forbid(found)}
    short = bool(demands.least) + bool(report.dropped and demands.fail_on != NEVER)
    assert len(cases) == len(subjects) + short
    assert counts["failure"] == len(forbidden) + short


def test_junit_tells_the_small_report() -> None:
    """What is forbidden is a failure, what is allowed is output, what never ran is skipped."""
    demands = Demands("warning", allow=("field_unknown",))
    [suite] = ElementTree.fromstring(rendered("junit", "small", demands))
    told = {
        case.get("name"): {part.tag: (part.get("message"), part.text) for part in case}
        for case in suite
    }
    assert told == {
        "list-a": {"skipped": ("never called", None)},
        "make-a": {
            "failure": (
                "request_refused",
                'error request_refused at /body: expected free; got "name_taken". '
                "(once, journal 5)",
            ),
            "system-out": (
                None,
                'warning field_unknown at /body/txet: expected one of text; got "txet". text? '
                "(2 times, journal 4 to 6)",
            ),
        },
        "chat socket": {
            "failure": (
                "socket_broken",
                "warning socket_broken at /socket: expected a close frame (1000); got 1006. "
                "(once, journal 9)",
            )
        },
    }


def test_junit_has_what_a_client_sent_as_text() -> None:
    """Nothing ends a text before its end."""
    [suite] = ElementTree.fromstring(rendered("junit", "hostile"))
    assert {part.tag for part in suite.iter()} == {"testsuite", "testcase", "failure", "skipped"}
    told = "\n".join(suite.itertext())
    assert 'got "]]>"' in told
    assert "</style><script>" in told


# Markdown


@pytest.mark.parametrize("name", REPORTS)
def test_markdown_keeps_its_columns(name: str) -> None:
    """Each row has as many cells as its head; every finding and every part has a row."""
    report = REPORTS[name]()
    lines = rendered("markdown", name).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    widths = Counter(len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) - 1 for row in rows)
    findings = len(report.findings)
    assert widths[4] == 2 + len(PARTS)
    assert widths[6] == (2 + findings if findings else 0)
    assert set(widths) <= {4, 6}
    others = [line for line in lines if line and not line.startswith("|")]
    assert all(line.startswith(("# ", "## ", "- **failed**", "Not kept: ")) or "coverage" in line for line in others)  # fmt: skip  # noqa: E501


def test_markdown_has_no_markup_of_a_client() -> None:
    """Every sign that could be markup is escaped, and no address becomes a link."""
    text = rendered("markdown", "hostile")
    bare = re.sub(r"\\[\\`*_{}\[\]<>#|~]", "", text)  # without what is escaped
    assert not re.search(r"[<>\[\]*~]", bare.replace("**failed**", ""))
    assert "`" not in re.sub(r"\| `[a-z_]+` \|", "", bare)
    assert "://" not in text


# JSON


@pytest.mark.parametrize("name", REPORTS)
def test_json_is_the_routes_answer_and_failures(name: str) -> None:
    """It can be read back, and says the same then."""
    report = REPORTS[name]()
    text = rendered("json", name)
    content = json.loads(text)
    assert content.pop("failures") == report.failures(STRICT)
    assert content == json.loads(json.dumps(report.to_json()))
    again = read_report(content)
    assert render_report(again, STRICT, "json") == text
    for format in FORMATS:
        assert render_report(again, STRICT, format) == rendered(format, name)


# text


def test_text() -> None:
    """Errors first; then a bar for each part, with what never was."""
    lines = rendered("text", "small").splitlines()
    assert lines[:12] == [
        "EVI contract report: 1 error, 2 warnings; coverage 4.8 %",
        "",
        "error   request_refused  make-a  /body",
        '        expected free; got "name_taken"',
        "        (once, journal 5)",
        "",
        "warning field_unknown  make-a  /body/txet",
        '        expected one of text; got "txet"',
        "        text? (2 times, journal 4 to 6)",
        "",
        "warning socket_broken  chat socket  /socket",
        "        expected a close frame (1000); got 1006",
    ]
    assert "  operations            1/2     50.0 %  ██████████··········" in lines
    assert "                     never: list-a" in lines
    assert "                     never: m1, m2, m3, m4, m5 and 2 more" in lines
    assert [line for line in lines if line.startswith("failed: ")] == [
        "failed: 3 findings at level warning or above",
        "failed: operations: 50 % of 80 % wanted; never: list-a",
    ]


def test_text_keeps_its_lines() -> None:
    """No client begins a line of its own, such as a failure that is none."""
    lines = rendered("text", "hostile").splitlines()
    heads = [line for line in lines if not line.startswith(" ") and line]
    wanted = len(hostile().findings)
    assert sum(line.startswith(("error  ", "warning ")) for line in heads) == wanted
    assert len(heads) == wanted + len(
        ["title", "Not kept", "Coverage", "failed", "failed", "failed"]
    )
    assert "Not kept: 3 more findings." in heads


def test_colours_are_on_top() -> None:
    """Without them it is the same text; errors are red, warnings yellow."""
    text = rendered("text", "hostile")
    assert re.sub(r"\x1b\[\d+m", "", in_colour(text)) == text
    lines = in_colour(rendered("text", "small")).splitlines()
    assert lines[2] == f"{RED}error   request_refused  make-a  /body{PLAIN}"
    assert lines[6] == f"{YELLOW}warning field_unknown  make-a  /body/txet{PLAIN}"


@pytest.mark.parametrize("content", [{}, [], None, {"coverage": {"parts": [{"name": "a"}]}}])
def test_what_is_no_report(content: Any) -> None:
    """Another server's answer is told of, not fallen over."""
    with pytest.raises(EmulatorError, match="is no contract report of this version"):
        read_report(content)


# what it takes to fail


@pytest.mark.parametrize(
    ("demands", "failures"),
    [
        (Demands(NEVER), 0),
        (Demands(), 1),
        (Demands("warning"), 3),
        (Demands("error", allow=("request_refused",)), 0),
        (Demands("warning", allow=("request_refused", "field_unknown")), 1),
    ],
)
def test_demands(demands: Demands, failures: int) -> None:
    """Levels, and codes that don't fail."""
    report = small()
    assert sum(map(demands.forbid, report.findings)) == failures
    assert len(report.failures(demands)) == bool(failures)


@pytest.mark.parametrize(
    ("demands", "told"),
    [
        (Demands(NEVER), []),
        (Demands(), ["2 more at level error or above that were not kept"]),
        (Demands("warning"), ["5 more at level warning or above that were not kept"]),
        (Demands("warning", allow=("field_unknown", "request_invalid")), []),
    ],
)
def test_what_was_not_kept_fails_too(demands: Demands, told: list[str]) -> None:
    """By its code, as what was kept."""
    report = replace(empty(), dropped_codes={"field_unknown": 3, "request_invalid": 2})
    assert report.failures(demands) == told
    [suite] = ElementTree.fromstring(render_report(report, demands, "junit"))
    assert suite.get("failures") == str(len(told))
    assert read_report(report.to_json()).failures(demands) == told


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("errors", (), ()),
            "fail_on must be one of error, warning, never; got 'errors' (did you mean 'error'?)",
        ),
        (("error", ("field_unknwn",), ()), "no finding has the code 'field_unknwn' (did you mean "),
        (("error", (), ("80", "operation=1")), "no coverage part 'operation'"),
    ],
)
def test_demands_that_are_none(options: Any, message: str) -> None:
    """The message says what there is."""
    with pytest.raises(UsageError) as caught:
        read_demands(*options)
    assert str(caught.value).startswith(message)
    assert any(words in str(caught.value) for words in ("known: ", "one of "))


# files


def test_files(tmp_path: Path) -> None:
    """Each in the format of its name, into folders that need not be there."""
    paths = {"a.html": "html", "b/c.md": "markdown", "d.XML": "junit", "e.json": "json", "f.txt": "text"}  # fmt: skip  # noqa: E501
    write_reports(small(), STRICT, [str(tmp_path / name) for name in paths])
    for name, format in paths.items():
        assert (tmp_path / name).read_bytes() == rendered(format, "small").encode()
    write_reports(empty(), STRICT, [str(tmp_path / "a.html")])
    assert (tmp_path / "a.html").read_text() == rendered("html", "empty")


@pytest.mark.parametrize("name", ["report", "report.pdf", ".html", "a.html/b", ""])
def test_a_name_that_tells_no_format(name: str) -> None:
    """It says which do."""
    with pytest.raises(UsageError, match=r"does not tell a format; its name may end in \.txt, "):
        format_of(name)


def test_an_unknown_format() -> None:
    """It says what there is."""
    with pytest.raises(UsageError) as caught:
        render_report(empty(), LENIENT, "makdown")
    assert str(caught.value) == (
        "no report format 'makdown' (did you mean 'markdown'?); "
        "known: text, json, junit, html, markdown"
    )


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    """Each is named as it was given, and the others are written."""
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file").touch()
    names = [str(tmp_path / name) for name in ("folder.html", "file/x.md", "good.txt")]
    with pytest.raises(EmulatorError) as caught:
        write_reports(small(), STRICT, names)
    assert str(caught.value).splitlines() == [
        f"cannot write {names[0]}: Is a directory",
        f"cannot write {names[1]}: File exists",
    ]
    assert (tmp_path / "good.txt").read_text() == rendered("text", "small")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.html", "good.txt"]


def test_reports_of_hostile_clients_hold_all_of_it() -> None:
    """The tests above see each text in each place."""
    places = {found["place"] for found in hostile().findings}
    assert len(places) == 2 * len(HOSTILE)
    assert isinstance(hostile(), Report)
