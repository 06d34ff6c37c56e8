"""What judges the control routes finds everything that their document does not say."""

import json
from typing import Any

import pytest

from emulator.apis.apis import APIS
from tests.control_conformance import judge_control

CLOCK = {"now_ms": 1, "mode": "system"}
ERROR = {"error": "Not Found", "message": "x", "code": "y"}


def response(status: int, body: object, **headers: str) -> dict[str, Any]:
    """A response as the judge sees it, with a JSON body unless it is bytes."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"content-type": "application/json", **headers} if text else headers
    pairs = ((name.replace("_", "-").encode(), value.encode()) for name, value in named.items())
    return {"status": status, "body": text, "headers": dict(pairs)}


PAGE_HEADERS = {
    "content_type": "text/html; charset=utf-8",
    "content_security_policy": "x",
    "etag": "y",
}


SCRIPT = {"kind": "script", "seq": 1, "at_ms": 1, "finding": "x", "message": "y"}


def journal(entry: object) -> dict[str, Any]:
    """A page of the journal with one entry."""
    return response(200, {"entries": [entry], "dropped": 0, "first_seq": 1, "last_seq": 1})


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/_emulator/clock", response(200, CLOCK)),
        ("GET", "/_emulator/journal", journal({**SCRIPT, "chat_id": None})),
        ("HEAD", "/_emulator/clock", response(200, b"", content_type="application/json")),
        ("GET", "/_emulator/nowhere", response(404, ERROR)),
        ("PUT", "/_emulator/clock", response(405, ERROR)),
        ("POST", "/_emulator/reset", response(204, b"")),
        ("POST", "/_emulator/heard", response(400, b"")),  # its client is gone
        ("OPTIONS", "/_emulator/clock", response(200, b"")),
        ("GET", "/_emulator/", response(200, b"<html>", **PAGE_HEADERS)),
    ],
)
def test_what_the_document_says_is_right(method: str, path: str, answer: dict[str, Any]) -> None:
    """Also a HEAD, a preflight, and refusals of paths and methods that it does not have."""
    assert judge_control(APIS, method, path, b"", answer) is None


@pytest.mark.parametrize(
    ("method", "path", "answer", "wrong"),
    [
        ("GET", "/_emulator/clock", response(200, {**CLOCK, "new": 1}), "'new' was unexpected"),
        ("GET", "/_emulator/clock", response(200, {"now_ms": 1}), "'mode' is a required"),
        ("GET", "/_emulator/clock", response(200, b"{}", content_type="text/plain"), "media type"),
        ("GET", "/_emulator/clock", response(418, CLOCK), "status 418 is not declared"),
        ("GET", "/_emulator/clock", response(404, ERROR), "status 404 is not declared"),
        ("POST", "/_emulator/reset", response(204, b"x"), "no body is declared"),
        ("GET", "/_emulator/nowhere", response(200, {}), "got 200, expected 403 or 404"),
        ("GET", "/_emulator/nowhere", response(404, {}), "'error' is a required"),
        ("PUT", "/_emulator/clock", response(200, CLOCK), "got 200, expected 403 or 405"),
        ("GET", "/_emulator/", response(200, b"<html>", content_type="text/html"), "is missing"),
        ("GET", "/_emulator/", response(200, b"", **PAGE_HEADERS), "the body is empty"),
        ("DELETE", "/_emulator/faults/x", response(404, {}), "'error' is a required"),
        ("GET", "/_emulator/journal", journal(SCRIPT), "'chat_id' is a required"),
        ("GET", "/_emulator/journal", journal({**SCRIPT, "kind": "new"}), "$.entries[0]"),
    ],
)
def test_what_the_document_does_not_say_is_found(
    method: str, path: str, answer: dict[str, Any], wrong: str
) -> None:
    """A field, a status, a media type, a header or a path that it does not have."""
    assert wrong in (judge_control(APIS, method, path, b"", answer) or "")


def test_an_accepted_body_is_judged() -> None:
    """So the document never asks for more than the routes do."""
    path, answer = "/_emulator/heard", response(200, {"queued": 1})
    assert judge_control(APIS, "POST", path, b'{"text": "x"}', answer) is None
    wrong = judge_control(APIS, "POST", path, b'{"texts": "x"}', answer)
    assert "the document has no such request" in (wrong or "")
    refused = response(422, {"detail": []})
    assert judge_control(APIS, "POST", path, b'{"texts": "x"}', refused) is None
