"""Paths of Expression Measurement that people get wrong."""

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from emulator.apis.expression.api import EXPRESSION
from emulator.apis.expression.hints import EXPRESSION_HINTS
from emulator.openapi.hints import PathHint

SWITCHED_OFF = "switched off on 2026-06-14"


@pytest.mark.parametrize("known", EXPRESSION_HINTS.paths, ids=lambda each: each.example)
def test_a_path_that_people_ask_for(client: TestClient, known: PathHint) -> None:
    """The 404 has the hint, for requests and for sockets."""
    answer = client.post(known.example, json={})
    assert answer.status_code == 404
    assert answer.json()["message"] == f"Nothing answers POST {known.example}; {known.hint}."
    with pytest.raises(WebSocketDenialResponse) as denied:
        client.websocket_connect(known.example).__enter__()
    assert denied.value.status_code == 404
    assert known.hint in denied.value.json()["message"]


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/v0/batch/jobs/abc/predictions", SWITCHED_OFF),
        ("/v0/stream/models", SWITCHED_OFF),
        ("/v0/stream/models", "successor is emulated here: POST /v1/expression/audio/file"),
        ("/v1/expression", "/v1/expression/audio/realtime"),
        ("/v1/expression/video/ws", "/v1/expression/video/realtime"),
        ("/v1/expression/runs/1/events", "/v1/expression/run/{run_id}"),
        ("/v1/expressions", ""),
    ],
)
def test_kinds_of_paths(path: str, word: str) -> None:
    """A row knows a whole path; of what no row knows, nothing is said."""
    assert word in EXPRESSION_HINTS.for_path(path)
    assert bool(EXPRESSION_HINTS.for_path(path)) == bool(word)


def test_no_operation_has_such_a_path() -> None:
    """A path of the document is none that people get wrong."""
    paths = EXPRESSION.load_document().content["paths"]
    assert [path for path in paths if EXPRESSION_HINTS.for_path(path)] == []


def test_refusals_have_the_shape_of_their_api(client: TestClient) -> None:
    """Below the API's prefix it is its own; the older API's paths are answered as any other."""
    assert client.get("/v1/expression/runs").json()["code"] == "not_found"
    assert client.get("/v0/batch/jobs").json()["code"] == "path_not_found"
