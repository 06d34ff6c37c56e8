"""Parameters that repeat, are numbers, or come as headers."""

from collections.abc import Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.api import Call
from emulator.jsontext import Json
from emulator.server import new_app
from emulator.settings import Settings
from tests.web.toy_api import add_toy_api

PATH = "/v0/toy/search"
TRACE = {"X-Trace": "abc"}


def answer_parameters(call: Call) -> Json:
    return dict(call.parameters)


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = new_app(Settings(seed="empty"))
    add_toy_api(app, {"toy-search": answer_parameters})
    return TestClient(app, headers={"X-Hume-Api-Key": "toy"})


NOTHING_GIVEN: Mapping[str, Json] = {
    "tag": None, "number": None, "factor": None, "X-Trace": "abc", "X-Depth": 7,
    "X-Levels": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "headers", "values"),
    [
        ("", {}, {}),
        ("tag=a&tag=b", {}, {"tag": ["a", "b"]}),
        ("tag=", {}, {"tag": [""]}),
        ("number=2&tag=a&number=1", {}, {"number": [2, 1], "tag": ["a"]}),
        ("factor=1.5", {}, {"factor": 1.5}),
        ("factor=-2e0", {}, {"factor": -2.0}),
        ("", {"X-Depth": "3"}, {"X-Depth": 3}),
        ("", {"x-trace": "other"}, {"X-Trace": "other"}),
        ("", {"X-Levels": "1, 2,3"}, {"X-Levels": [1, 2, 3]}),
        ("X-Depth=3", {}, {}),
    ],
)
def test_values(
    client: TestClient, query: str, headers: dict[str, str], values: dict[str, Json]
) -> None:
    """A handler has all values of what repeats, numbers as numbers, and headers by name."""
    answer = client.get(f"{PATH}?{query}", headers={**TRACE, **headers})
    assert answer.json() == {**NOTHING_GIVEN, **values}


@pytest.mark.parametrize(
    ("query", "headers", "loc", "kind"),
    [
        ("number=1&number=x", {}, ["query", "number", 1], "int_parsing"),
        ("number=0", {}, ["query", "number", 0], "greater_than_equal"),
        ("tag=1&tag=2&tag=3&tag=4", {}, ["query", "tag"], "too_long"),
        ("factor=fast", {}, ["query", "factor"], "float_parsing"),
        ("factor=nan", {}, ["query", "factor"], "float_parsing"),
        ("factor=1e999", {}, ["query", "factor"], "float_parsing"),
        ("factor=2.5", {}, ["query", "factor"], "less_than_equal"),
        ("", {"X-Depth": "deep"}, ["header", "X-Depth"], "int_parsing"),
        ("", {"X-Levels": "1,x"}, ["header", "X-Levels", 1], "int_parsing"),
        ("", {"X-Trace": "a"}, ["header", "X-Trace"], "string_too_short"),
    ],
)
def test_mistakes(
    client: TestClient, query: str, headers: dict[str, str], loc: list[Any], kind: str
) -> None:
    """Each has its place, as FastAPI names it."""
    answer = client.get(f"{PATH}?{query}", headers={**TRACE, **headers})
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert (problem["loc"], problem["type"]) == (loc, kind)


def test_a_missing_header(client: TestClient) -> None:
    """One that is required is asked for; the API key never is."""
    [problem] = client.get(PATH).json()["detail"]
    assert (problem["loc"], problem["type"]) == (["header", "X-Trace"], "missing")


def test_repeating_is_no_finding(client: TestClient) -> None:
    """The contract finds a parameter that is given twice, unless it may be."""
    client.delete("/_emulator/contract")
    client.get(f"{PATH}?tag=a&tag=b&factor=1&factor=2", headers=TRACE)
    findings = client.get("/_emulator/contract").json()["findings"]
    assert [(each["code"], each["place"]) for each in findings] == [
        ("parameter_repeated", "/query/factor")
    ]
