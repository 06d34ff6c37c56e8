"""Requests of those who only look: the header X-EVI-Emulator-Quiet."""

import pytest
from starlette.testclient import TestClient

from emulator.server import new_app
from emulator.settings import Settings
from tests.outgoing.calls import ask

CONFIGS = "/v0/evi/configs"
FAULT = {"kind": "http", "fault": "status", "times": 1}
QUIET = {"X-EVI-Emulator-Quiet": "1"}


def told(client: TestClient) -> list[object]:
    entries: list[object] = ask(client, "GET", "/_emulator/journal")["entries"]
    return entries


@pytest.mark.parametrize("path", [CONFIGS, f"{CONFIGS}?page_size=x", "/v0/evi/nowhere"])
def test_nobody_is_told(client: TestClient, path: str) -> None:
    """Neither journal nor contract know of it, whatever it was answered."""
    client.get(path, headers=QUIET)
    assert told(client) == []
    assert ask(client, "GET", "/_emulator/contract")["findings"] == []
    client.get(path)
    assert len(told(client)) == 1


def test_a_strict_server_is_not_told_either() -> None:
    """It judges the request to answer it, and counts nothing of it."""
    client = TestClient(
        new_app(Settings(seed="empty", strict=True)), headers={"X-Hume-Api-Key": "k"}
    )
    path = f"{CONFIGS}?page_number=0"
    assert client.get(f"{path}&x=1", headers=QUIET).status_code == 422
    assert client.get(path, headers=QUIET).status_code == 200
    parts = ask(client, "GET", "/_emulator/contract")["coverage"]["parts"]
    assert [each["name"] for part in parts for each in part["items"] if each["count"]] == []
    client.get(f"{CONFIGS}?page_number=1")
    [found] = ask(client, "GET", "/_emulator/contract")["findings"]
    assert found["code"] == "page_base"


def test_it_is_answered_as_ever(client: TestClient) -> None:
    """The answer is the same as without the header."""
    for path in (CONFIGS, f"{CONFIGS}?page_size=x"):
        loud, quiet = client.get(path), client.get(path, headers=QUIET)
        assert (quiet.status_code, quiet.json()) == (loud.status_code, loud.json())


def test_what_is_shown_has_no_credentials(client: TestClient) -> None:
    """Who asks in order to show it asks for that; `1` is for who uses it."""
    webhooks = [{"url": "https://a.example/?token=mine", "events": ["chat_ended"]}]
    ask(client, "POST", CONFIGS, {"name": "A", "evi_version": "3", "webhooks": webhooks}, 201)
    loud = client.get(CONFIGS)
    assert "token=mine" in loud.text
    shown = client.get(CONFIGS, headers={"X-EVI-Emulator-Quiet": "hide"})
    assert shown.text == loud.text.replace("token=mine", "token=(hidden)")
    assert client.get(CONFIGS, headers=QUIET).text == loud.text


def test_nothing_breaks_it(client: TestClient) -> None:
    """A fault and a stub wait for the next request of those who are meant."""
    ask(client, "POST", "/_emulator/faults", FAULT, 201)
    ask(client, "POST", "/_emulator/stubs", {"operation": "list-configs", "status": 404}, 201)
    assert client.get(CONFIGS, headers=QUIET).status_code == 200
    assert client.get(CONFIGS).status_code == 503
    assert client.get(CONFIGS).status_code == 404


def test_no_limit_counts_it() -> None:
    """Looking takes nothing from what clients may ask in a second."""
    app = new_app(Settings(seed="empty", requests_per_second=1, clock="manual"))
    client = TestClient(app, headers={"X-Hume-Api-Key": "k"})
    for _ in range(3):
        assert client.get(CONFIGS, headers=QUIET).status_code == 200
    assert [client.get(CONFIGS).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("origin", [{}, {"Origin": "https://site.example"}])
def test_what_changes_something_is_never_quiet(client: TestClient, origin: dict[str, str]) -> None:
    """Any page may call the API: what it did stands in the journal, and faults strike it."""
    body = {"name": "Mine", "text": "Hi"}
    assert client.post("/v0/evi/prompts", json=body, headers=QUIET | origin).status_code == 201
    ask(client, "POST", "/_emulator/faults", FAULT, 201)
    assert client.post("/v0/evi/prompts", json=body, headers=QUIET | origin).status_code == 503
    assert len(told(client)) == 3  # with the fault
