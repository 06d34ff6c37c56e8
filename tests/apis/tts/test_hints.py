"""What people get wrong about text-to-speech: the answer says what to use instead."""

from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

from emulator.apis.apis import APIS
from emulator.apis.evi.hints import EVI_HINTS
from emulator.apis.tts.hints import SPEECH_STREAMS_FROM, TTS_HINTS
from emulator.openapi.hints import PathHint
from emulator.resources import read_data
from emulator.settings import Settings
from emulator.web.app import App
from tests.openapi.test_document_structure import ROOT

KEY = {"X-Hume-Api-Key": "k"}


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(App(Settings(seed="empty"), APIS), headers=KEY)


def refusal_of_socket(client: TestClient, path: str) -> Any:
    with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect(path):
        pass
    return denied.value


@pytest.mark.parametrize("known", TTS_HINTS.paths, ids=lambda each: each.example)
def test_a_path_that_people_ask_for(client: TestClient, known: PathHint) -> None:
    """The 404 has the hint, which is not the nearest spelling, for requests and for sockets."""
    answer = client.post(known.example, json={})
    assert answer.status_code == 404
    assert answer.json()["message"] == f"Nothing answers POST {known.example}; {known.hint}."
    denied = refusal_of_socket(client, known.example)
    assert denied.status_code == 404
    assert known.hint in denied.text


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/v0/tts/stream/websocket", "/v0/tts/stream/input"),
        ("/v0/stream/input", "/v0/tts/stream/input"),
        ("/v0/tts/generations", "generation_id"),
        ("/v0/tts/voices/b201d214-914c-4d0a-b8e4-54adfc14a0dd", "?name="),
        ("/v0/octave/speech", "POST /v0/tts"),
        ("/v0/tts/voice-conversion/json", "/v0/tts/voice_conversion/json"),
        ("/v0/ttss", ""),
        ("/v0/tts/flie", ""),
    ],
)
def test_kinds_of_paths(path: str, word: str) -> None:
    """A row knows a whole path; of what no row knows, nothing is said."""
    assert word in TTS_HINTS.for_path(path)
    assert bool(TTS_HINTS.for_path(path)) == bool(word)
    assert not EVI_HINTS.for_path(path)


def test_a_socket_elsewhere(client: TestClient) -> None:
    """A handshake at a path that nobody knows is told where the sockets are."""
    assert SPEECH_STREAMS_FROM in refusal_of_socket(client, "/nowhere").text


def test_no_operation_has_such_a_path() -> None:
    """A path of the document is none that people get wrong."""
    paths = read_data(ROOT / "emulator/apis/tts/openapi.yaml")["paths"]
    assert [path for path in paths if TTS_HINTS.for_path(path)] == []
