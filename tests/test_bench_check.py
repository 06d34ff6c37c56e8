"""`make bench-check` fails for what has become slower, and for that alone."""

import json

import pytest

from benchmarks.check import MOST_TIMES, OPERATIONS, STORED, judge


def test_what_takes_longer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    stored = {"list_chats": 1.0, "create_config": 3.0}
    slower = {"list_chats": 1.0 * MOST_TIMES + 0.01, "create_config": 3.0 * MOST_TIMES - 0.01}
    (problem,) = judge(slower, stored)
    assert problem.startswith("list_chats takes 1.51 times as much CPU as is stored")
    assert "| list_chats" in capsys.readouterr().out


def test_an_operation_without_a_stored_figure_is_named() -> None:
    (problem,) = judge({"new": 1.0}, {})
    assert problem == "new is not in check_ratios.json: run with --write"


def test_every_operation_has_a_stored_figure() -> None:
    assert json.loads(STORED.read_text()).keys() == OPERATIONS.keys()
