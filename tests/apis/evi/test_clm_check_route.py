"""POST /_emulator/clm-check: the check of a custom language model, for tests in any language."""

import pytest

from emulator.testing.world import Evi
from tests.outgoing.calls import ask
from tests.testing.talking import http

PATH = "/_emulator/clm-check"


def test_what_failed_is_told(evi: Evi) -> None:
    """A server that can't be reached fails the case, which is told as JSON and as text."""
    body = {"url": "http://127.0.0.1:9/chat/completions", "cases": ["typed"]}
    with http(evi) as client:
        report = ask(client, "POST", PATH, body)
    assert (report["fail"], report["pass"]) == (1, 0)
    assert [each["name"] for each in report["cases"]] == ["typed"]
    assert "typed" in report["failure"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"url": "http://127.0.0.1:9/", "cases": ["typd"]}, "did you mean 'typed'?"),
        ({"url": "nowhere"}, "nowhere"),
        ({}, "required"),
    ],
)
def test_mistakes_are_explained(evi: Evi, body: object, told: str) -> None:
    with http(evi) as client:
        answer = client.post(PATH, json=body)
    assert answer.status_code == 422
    assert told in answer.text
