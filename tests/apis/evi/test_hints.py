"""What people get wrong about the API: the answer and the finding say what to use instead."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emulator.apis.evi.hints import CHATS_ARE_AT, EVI_HINTS
from emulator.openapi.hints import PathHint
from emulator.resources import bundled
from emulator.testing.world import Evi
from emulator.web.app import App
from tests.testing.talking import http, talking

ID = "00000000-0000-4000-8000-000000000000"


def only(evi: Evi) -> dict[str, Any]:
    [found] = evi.contract.findings
    return found


@pytest.mark.parametrize("known", EVI_HINTS.paths, ids=lambda each: each.example)
def test_a_path_that_people_ask_for(evi: Evi, known: PathHint) -> None:
    """The 404 and its finding have the same hint, which is not the nearest spelling."""
    path = known.example.replace("{id}", ID)
    with http(evi) as client:
        answer = client.post(path, json={"name": "A"})
    assert answer.status_code == 404
    assert answer.json()["message"] == f"Nothing answers POST {path}; {known.hint}."
    found = only(evi)
    assert (found["code"], found["hint"]) == ("path_unknown", known.hint)


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (f"/v0/evi/chats/{ID}/messages", "/v0/evi/chats/{id}"),
        (f"/v0/evi/custom_voices/{ID}", "/v0/tts/voices"),
        ("/v0/evi/voices", "/v0/tts/voices"),
        ("/v0/evi/session", "/v0/evi/chats"),
        ("/v0/evi/confgs", ""),
        (f"/v0/evi/chats/{ID}/event", ""),
        ("/v0/ttss", ""),
        ("/v1x", ""),
    ],
)
def test_kinds_of_paths(path: str, word: str) -> None:
    """A row knows a whole path; of what no row knows, nothing is said."""
    assert word in EVI_HINTS.for_path(path)
    assert bool(EVI_HINTS.for_path(path)) == bool(word)


def test_the_nearest_where_nobody_knows(evi: Evi) -> None:
    """Spelling helps with a path that no row has; of one that resembles none, nothing is said."""
    with http(evi) as client:
        client.get("/v0/evi/confgs")
        answer = client.get("/qqq")
    assert answer.json()["message"] == "Nothing answers GET /qqq."
    near, far = evi.contract.findings
    assert (near["hint"], far["hint"]) == ("the closest is GET /v0/evi/configs", "")


def test_no_operation_has_such_a_path() -> None:
    """A path of the document is none that people get wrong."""
    paths = re.findall(r"^  (/v0/\S+):$", bundled("openapi.yaml").read_text(), re.MULTILINE)
    assert len(paths) > 15
    assert [
        each for each in (*paths, "/v0/tts/voices", "/v0/evi/chat") if EVI_HINTS.for_path(each)
    ] == []


@pytest.mark.parametrize("name", EVI_HINTS.of_requests)
def test_a_parameter_of_a_request(evi: Evi, name: str) -> None:
    """A key in a parameter that nothing reads: the finding names the header, not the secret."""
    with http(evi) as client:
        client.get("/v0/evi/configs", params={name: "s3cret"})
    found = only(evi)
    assert (found["code"], found["hint"]) == ("parameter_unknown", EVI_HINTS.of_requests[name])
    assert "s3cret" not in str(found)


def test_a_caller_whose_key_is_not_read(app: App) -> None:
    """Without another key it is a 401, whose finding says where the key belongs."""
    app.worlds.clear_ledgers()
    assert TestClient(app).get("/v0/evi/configs?apiKey=s3cret").status_code == 401
    [found] = app.worlds.others.found
    assert found.finding.hint == f"apiKey is not read: {EVI_HINTS.of_requests['apiKey']}"


@pytest.mark.parametrize("name", EVI_HINTS.of_handshakes)
def test_a_parameter_of_a_handshake(evi: Evi, name: str) -> None:
    """The chat opens all the same."""
    with talking(evi, **{name: "3"}):
        evi.next_chat()
    found = only(evi)
    assert (found["code"], found["hint"]) == ("parameter_unknown", EVI_HINTS.of_handshakes[name])


@pytest.mark.parametrize("name", ["custom_session_id", "system_prompt", "variables"])
def test_a_setting_in_a_handshake(evi: Evi, name: str) -> None:
    """A session setting that stands by itself is told where it belongs."""
    with talking(evi, **{name: "x"}):
        evi.next_chat()
    assert only(evi)["hint"].startswith("it is a session setting: write session_settings[" + name)


@pytest.mark.parametrize(
    ("path", "hint"),
    [("/v0/assistant/chat", EVI_HINTS.for_path("/v0/assistant/chat")), ("/nowhere", CHATS_ARE_AT)],
)
def test_a_socket_elsewhere(evi: Evi, path: str, hint: str) -> None:
    """A refused handshake says where chats are, and so does its finding."""
    address = f"{evi.url.replace('http', 'ws')}{path}?api_key={evi.api_key}"
    with pytest.raises(InvalidStatus) as refused, connect(address, proxy=None):
        pass
    assert hint in (refused.value.response.body or b"").decode()
    assert hint in only(evi)["hint"]
