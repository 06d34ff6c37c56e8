"""The report of a check in each of its formats."""

import json
from xml.etree import ElementTree as Xml

import pytest

from emulator.apis.evi.model.check.renderings import in_colour, render_check
from emulator.apis.evi.model.check.results import (
    FAIL,
    WARN,
    CaseResult,
    CheckReport,
    Problem,
)
from emulator.errors import UsageError

REPORT = CheckReport(
    "http://127.0.0.1:8000/chat/completions",
    "event stream",
    [
        CaseResult("typed", "a message", "words", (), 12, 34, note="quick"),
        CaseResult(
            "spoken",
            "a message",
            "words",
            (
                Problem(WARN, "data: [DONE]", "the end", "send it", "model_done_missing"),
                Problem(FAIL, "an answer", "status 500: \x1b[31m", "look into the log"),
            ),
        ),
        CaseResult("tools", "a tool", "a call", skipped="not used"),
    ],
)


def test_text() -> None:
    """A line for each case, and those of its problems; what came can't colour a terminal."""
    assert render_check(REPORT, "text").splitlines() == [
        "Custom language model check: http://127.0.0.1:8000/chat/completions (event stream)",
        "pass    typed           first token after 12 ms; quick",
        "fail    spoken",
        "        sends a message",
        "        warn  model_done_missing: expected data: [DONE]",
        "          got the end",
        "          send it",
        "        fail: expected an answer",
        "          got status 500: \\x1b[31m",
        "          look into the log",
        "skipped tools           not used",
        "1 passed, 0 with warnings, 1 failed, 1 skipped",
    ]


def test_colours() -> None:
    """Only lines of cases have one."""
    lines = in_colour(render_check(REPORT, "text")).split("\n")
    assert [line.startswith("\x1b[") for line in lines].count(True) == 2
    assert lines[2] == "\x1b[31mfail    spoken\x1b[0m"


def test_json() -> None:
    """All that is known, with the number of cases of each level."""
    content = json.loads(render_check(REPORT, "json"))
    assert {key: content[key] for key in ("pass", "warn", "fail", "skipped")} == {
        "pass": 1,
        "warn": 0,
        "fail": 1,
        "skipped": 1,
    }
    typed, spoken, tools = content["cases"]
    assert typed["first_token_ms"] == 12
    assert spoken["level"] == FAIL
    assert spoken["problems"][0]["code"] == "model_done_missing"
    assert tools["skipped"] == "not used"


def test_junit() -> None:
    """A test case for each case; warnings are output."""
    [suite] = Xml.fromstring(render_check(REPORT, "junit"))
    assert suite.attrib == {
        "name": "clm-check",
        "tests": "3",
        "failures": "1",
        "skipped": "1",
    }
    typed, spoken, tools = suite
    assert typed.attrib == {"classname": "clm-check", "name": "typed", "time": "0.034"}
    assert [each.tag for each in spoken] == ["failure", "system-out"]
    assert spoken[0].attrib["message"].startswith("expected an answer, got status 500: ")
    assert [each.attrib for each in tools] == [{"message": "not used"}]


def test_an_unknown_format() -> None:
    """Names the known ones."""
    with pytest.raises(UsageError, match="known: text, json, junit"):
        render_check(REPORT, "html")
