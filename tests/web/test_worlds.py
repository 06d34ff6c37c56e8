"""GET /_emulator/worlds: the worlds in use, without their keys."""

from collections.abc import Iterator
from typing import Any

import anyio.from_thread
import pytest
from starlette.testclient import TestClient

from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App
from tests.outgoing.calls import ask

WORLDS = "/_emulator/worlds"
KEY = "the key of a test"


@pytest.fixture(scope="module")
def app() -> App:
    """A server of its own, whose worlds are those of this module."""
    return new_app(Settings(seed="empty"))


@pytest.fixture
def here(app: App) -> Iterator[TestClient]:
    """A client without a key, on the machine of the emulator; at its end there is no world."""
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))
    with anyio.from_thread.start_blocking_portal() as client.portal:
        yield client
    for world in app.worlds:
        app.worlds.drop(world)


def use(client: TestClient, key: str, **settings: Any) -> None:
    headers = {"X-Hume-Api-Key": key}
    assert client.put("/_emulator/world", json=settings, headers=headers).status_code == 200
    assert client.get("/v0/evi/tools", headers=headers).status_code == 200


def listed(client: TestClient, **query: Any) -> list[Any]:
    worlds: list[Any] = client.get(WORLDS, params=query).json()["worlds"]
    return worlds


def test_a_world_is_listed_once_it_is_used(here: TestClient) -> None:
    """By its reference, with its last use and its name; one that was only looked at is not."""
    own = {"X-Hume-Api-Key": KEY}
    here.get("/_emulator/journal", headers=own)
    assert listed(here) == []
    assert here.get("/_emulator/world", headers=own).json()["last_used_ms"] is None

    use(here, KEY, name="tests/test_app.py::test_it")
    use(here, "another")
    first, second = listed(here)
    assert (second["name"], second["entries"]) == ("tests/test_app.py::test_it", 1)
    assert first["last_used_ms"] >= second["last_used_ms"]
    assert second == here.get("/_emulator/world", headers=own).json()
    assert KEY not in here.get(WORLDS).text
    assert listed(here, limit=1) == [first]
    assert here.get(WORLDS, params={"limit": 1}).json()["total"] == 2


def test_a_world_is_named(here: TestClient) -> None:
    """By a setting or later, until the name is taken away; it outlasts a new beginning."""
    own = {"X-Hume-Api-Key": KEY}

    def name(given: str | None) -> Any:
        return here.patch("/_emulator/world", json={"name": given}, headers=own).json()["name"]

    assert name("Mine") == "Mine"
    assert [each["name"] for each in listed(here)] == ["Mine"]
    here.put("/_emulator/world", json={"clock": "manual"}, headers=own)
    here.post("/_emulator/reset", headers=own)
    assert [each["name"] for each in listed(here)] == ["Mine"]
    assert name("x" * 1_000) == "x" * 200
    assert name(None) is None
    assert listed(here) == []
    refused = here.patch("/_emulator/world", json={"name": 5}, headers=own)
    assert refused.status_code == 422
    refused = here.put("/_emulator/world", json={"name": 5}, headers=own)
    assert refused.json()["detail"][0]["msg"] == "Input should be a valid string, got 5"


def test_a_token_opens_a_listed_world(here: TestClient) -> None:
    """It is good wherever the key is; nobody on another machine gets one."""
    use(here, KEY)
    [world] = listed(here)
    path = f"{WORLDS}/{world['reference']}/token"
    token = ask(here, "POST", path)["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert here.get("/_emulator/world", headers=bearer).json()["reference"] == world["reference"]
    assert here.get("/v0/evi/configs", headers=bearer).status_code == 200

    unknown = here.post(f"{WORLDS}/0123456789abcdef/token")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "world_unknown")


@pytest.mark.parametrize(
    ("peer", "host"), [("192.0.2.7", "127.0.0.1"), ("127.0.0.1", "evi.example")]
)
def test_from_elsewhere_a_world_needs_its_key(peer: str, host: str) -> None:
    """Also through a tunnel, which connects from this machine."""
    settings = Settings(seed="empty", host="0.0.0.0", allowed_hosts=("evi.example",))
    client = TestClient(new_app(settings), base_url=f"http://{host}", client=(peer, 50_000))
    use(client, KEY)
    [world] = listed(client)
    refused = client.post(f"{WORLDS}/{world['reference']}/token")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_this_machine")
    assert "Send the world's API key" in refused.json()["message"]


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"]
)
def test_a_proxy_on_this_machine_opens_no_world(here: TestClient, header: str) -> None:
    """It may replace the host that outsiders ask for; a header says that it passes a request on."""
    use(here, KEY)
    [world] = listed(here)
    path = f"{WORLDS}/{world['reference']}/token"
    refused = here.post(path, headers={header: "192.0.2.7"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_this_machine")
    assert f"a proxy by its header {header}" in refused.json()["message"]


def test_where_keys_guard_a_list_needs_one() -> None:
    """With --api-key, who has none of the accepted keys sees and opens nothing."""
    app = new_app(Settings(seed="empty", api_key=(KEY,)))
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))
    use(client, KEY)
    assert client.get(WORLDS).status_code == 401
    assert client.get(WORLDS, headers={"X-Hume-Api-Key": "another"}).status_code == 401
    own = {"X-Hume-Api-Key": KEY}
    [world] = client.get(WORLDS, headers=own).json()["worlds"]
    path = f"{WORLDS}/{world['reference']}/token"
    assert client.post(path).status_code == 401
    assert client.post(path, headers=own).status_code == 200


def test_another_sites_page_sees_no_list(here: TestClient) -> None:
    use(here, KEY)
    answer = here.get(WORLDS, headers={"Origin": "https://a.example"})
    assert answer.status_code == 403
