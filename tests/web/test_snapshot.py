"""A world as one document, over HTTP."""

import pytest
from starlette.testclient import TestClient

from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App
from tests.outgoing.calls import ask

PATH = "/_emulator/snapshot"


def test_a_world_goes_back(client: TestClient) -> None:
    """To what it was when it was asked for."""
    kept = client.get(PATH)
    assert kept.headers["content-type"] == "application/json"
    assert kept.json()["format"] == "evi-emulator-world"
    ask(client, "POST", "/v0/evi/prompts", {"name": "a", "text": "b"}, 201)

    answer = client.put(PATH, content=kept.content)

    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(PATH).content == kept.content


def test_another_world_gets_it(app: App, client: TestClient) -> None:
    """A document belongs to no key."""
    ask(client, "POST", "/_emulator/heard", {"text": "x"})
    kept = client.get(PATH).content
    other = TestClient(app, headers={"X-Hume-Api-Key": "another snapshot"})
    assert other.put(PATH, content=kept).status_code == 204
    assert other.get(PATH).content == kept


@pytest.mark.parametrize("text", [b"", b"{}", b"[", b'{"format":"evi-emulator-world"}'])
def test_what_is_no_snapshot_is_refused(client: TestClient, text: bytes) -> None:
    """422 with each problem and its place; the world stays as it is."""
    ask(client, "POST", "/_emulator/heard", {"text": "x"})
    before = client.get(PATH).content
    answer = client.put(PATH, content=text)
    assert answer.status_code == 422
    for problem in answer.json()["detail"]:
        assert (problem["loc"][0], problem["type"]) == ("body", "snapshot_invalid")
    assert client.get(PATH).content == before


def test_every_mistake_is_told(client: TestClient) -> None:
    """Not the first alone."""
    content = {"format": "x", "format_version": 0}
    problems = ask(client, "PUT", PATH, content, 422)["detail"]
    assert [problem["loc"] for problem in problems] == [
        ["body", "format"],
        ["body", "format_version"],
    ]


def test_a_large_world_has_a_bound_of_its_own() -> None:
    """Not that of other bodies."""
    small = TestClient(new_app(Settings(max_body_bytes=1024)), headers={"X-Hume-Api-Key": "x"})
    kept = small.get(PATH).content
    assert len(kept) > 1024
    assert small.put(PATH, content=kept).status_code == 204

    bounded = TestClient(
        new_app(Settings(max_snapshot_bytes=1024)), headers={"X-Hume-Api-Key": "x"}
    )
    assert bounded.put(PATH, content=kept).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_key_is_needed(app: App, method: str) -> None:
    """A world is its key's."""
    assert TestClient(app).request(method, PATH).status_code == 401
