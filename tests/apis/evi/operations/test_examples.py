"""--unknown-ids example: what does not exist is answered, and stays as it is."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App
from tests.outgoing.calls import ask, simulate

NOBODY = "00000000-0000-4000-8000-000000000000"
CONFIG_ID = "1b60e1a0-cc59-424a-8d2c-189d354db3f3"  # the oldest of the demo seed
PARAMETERS = '{"type":"object","properties":{}}'
BODIES = {
    "configs": {"evi_version": "3"},
    "prompts": {"text": "t"},
    "tools": {"parameters": PARAMETERS},
}


@pytest.fixture(scope="module")
def app() -> App:
    return new_app(Settings(unknown_ids="example"))


@pytest.fixture(scope="module")
def empty() -> App:
    """The same whose worlds have nothing of their own."""
    return new_app(Settings(unknown_ids="example", seed="empty"))


def client_of(app: App, api_key: str) -> TestClient:
    return TestClient(app, headers={"X-Hume-Api-Key": api_key})


def everything(client: TestClient) -> Any:
    """All that the world holds."""
    return ask(client, "GET", "/_emulator/snapshot")["world"]


@pytest.mark.parametrize("id", ["your-config-id", NOBODY, "a b", "%00x", "ключ"])
def test_any_id_is_the_oldest(client: TestClient, id: str) -> None:
    """With its own id in the answer, whether what was asked for is a UUID or not."""
    if id == "%00x":
        assert client.get(f"/v0/evi/configs/{id}").status_code == 422  # no text at all
        return
    page = ask(client, "GET", f"/v0/evi/configs/{id}")
    assert {each["id"] for each in page["configs_page"]} == {CONFIG_ID}


def test_an_id_that_exists_is_itself(client: TestClient) -> None:
    """Nothing stands in for what is there."""
    newest = ask(client, "GET", "/v0/evi/configs")["configs_page"][-1]
    [found] = ask(client, "GET", f"/v0/evi/configs/{newest['id'].upper()}")["configs_page"]
    assert found == newest
    path = f"/v0/evi/configs/{newest['id']}"
    ask(client, "PATCH", path, {"name": "Renamed"})
    assert ask(client, "GET", path)["configs_page"][0]["name"] == "Renamed"
    ask(client, "DELETE", path)
    assert ask(client, "GET", path)["configs_page"][0]["id"] == CONFIG_ID


def test_a_version_that_exists_is_itself(client: TestClient) -> None:
    """Another is the newest, of an id that exists as of one that doesn't."""
    [newest] = ask(client, "GET", f"/v0/evi/configs/{CONFIG_ID}")["configs_page"]
    for id in (CONFIG_ID, "any"):
        for asked, answered in ((0, 0), (1, 1), (999, newest["version"])):
            found = ask(client, "GET", f"/v0/evi/configs/{id}/version/{asked}")
            assert (found["id"], found["version"]) == (CONFIG_ID, answered)


@pytest.mark.parametrize("kind", list(BODIES))
def test_writes_are_answered_and_leave_no_trace(client: TestClient, kind: str) -> None:
    """As if they had been done."""
    before = everything(client)
    path, version = f"/v0/evi/{kind}/any", f"/v0/evi/{kind}/{NOBODY}/version/1"
    new = ask(client, "POST", path, {**BODIES[kind], "version_description": "New"}, status=201)
    told = ask(client, "PATCH", version, {"version_description": "Told"})
    assert (new["version_description"], told["version_description"]) == ("New", "Told")
    for method, where, body in (
        ("PATCH", path, {"name": "Another"}),
        ("DELETE", path, None),
        ("DELETE", version, None),
    ):
        assert client.request(method, where, json=body).status_code == 200
    assert everything(client) == before


@pytest.mark.parametrize("kind", ["configs", "tools"])
def test_a_taken_name_is_answered_too(client: TestClient, kind: str) -> None:
    """So that the same suite runs twice; only the first is kept."""
    body = {**BODIES[kind], "name": "Mine"}
    first = ask(client, "POST", f"/v0/evi/{kind}", body, status=201)
    before = everything(client)
    again = ask(client, "POST", f"/v0/evi/{kind}", body, status=201)
    assert (again["name"], again["id"] != first["id"]) == ("Mine", True)
    ask(client, "PATCH", f"/v0/evi/{kind}/any", {"name": "Mine"})
    assert everything(client) == before
    ask(client, "PATCH", f"/v0/evi/{kind}/{first['id']}", {"name": "Mine"})


@pytest.mark.parametrize(
    "more",
    [
        {"prompt": {"id": "", "version": 0}},
        {"prompt": {"id": NOBODY}},
        {"tools": [{"id": "your-tool-id", "version": 7}]},
        {"voice": {"provider": "HUME_AI", "name": "Nobody"}},
        {"voice": {"provider": "CUSTOM_VOICE", "id": NOBODY}},
    ],
)
def test_references_are_answered_too(client: TestClient, more: dict[str, Any]) -> None:
    """A config that names what isn't there shows what stands in, and isn't kept."""
    before = everything(client)
    body = {"evi_version": "3", "name": "Refers", **more}
    config = ask(client, "POST", "/v0/evi/configs", body, status=201)
    [part] = more
    assert config[part]
    assert everything(client) == before


def test_good_references_are_kept(client: TestClient) -> None:
    """What names only what is there is created as ever."""
    [prompt] = ask(client, "GET", "/v0/evi/prompts?page_size=1")["prompts_page"]
    body = {
        "evi_version": "3",
        "name": "Refers",
        "prompt": {"id": prompt["id"], "version": prompt["version"]},
        "voice": {"provider": "HUME_AI", "name": "Ava Song"},
    }
    config = ask(client, "POST", "/v0/evi/configs", body, status=201)
    [found] = ask(client, "GET", f"/v0/evi/configs/{config['id']}")["configs_page"]
    assert found["prompt"]["id"] == prompt["id"]


@pytest.mark.parametrize(
    "path",
    [
        "/v0/evi/chats/any",
        "/v0/evi/chats/any/audio",
        "/v0/evi/chat_groups/any",
        "/v0/evi/chat_groups/any/events",
        "/v0/evi/chat_groups/any/audio",
        "/v0/evi/configs/any/version/3",
    ],
)
def test_an_empty_world_has_the_demo_seeds(empty: App, api_key: str, path: str) -> None:
    """What the world has none of comes from the demo seed, and the world stays empty."""
    client = client_of(empty, api_key)
    before = everything(client)
    assert ask(client, "GET", path)["id"]
    assert everything(client) == before


def test_writes_in_an_empty_world(empty: App, api_key: str) -> None:
    """Also they leave it empty."""
    client = client_of(empty, api_key)
    before = everything(client)
    body = {"evi_version": "3", "name": "c", "prompt": {"id": "any"}}
    assert ask(client, "POST", "/v0/evi/configs", body, status=201)["prompt"]["text"]
    ask(client, "POST", "/v0/evi/configs/any", {"evi_version": "3"}, status=201)
    assert everything(client) == before


def test_audio_moves_on(client: TestClient) -> None:
    """A client that waits for the audio of any chat comes to an end."""
    states = [ask(client, "GET", "/v0/evi/chats/any/audio")["status"] for _ in range(4)]
    assert states[-1] == "COMPLETE"


def test_a_message_to_no_chat(client: TestClient) -> None:
    """It is answered, and goes nowhere; a live chat gets its own, and no other's."""
    message = {"type": "session_settings", "system_prompt": "s"}
    live = simulate(client, user=["Hello"], end_reason="ACTIVE")
    events = ask(client, "GET", f"/v0/evi/chats/{live}?page_size=100")["events_page"]
    assert ask(client, "POST", "/v0/evi/chat/chat_id/send", message) == {}
    page = ask(client, "GET", f"/v0/evi/chats/{live}?page_size=100")
    assert page["events_page"] == events
    ask(client, "POST", f"/v0/evi/chat/{live}/send", message)
    page = ask(client, "GET", f"/v0/evi/chats/{live}?page_size=100")
    assert len(page["events_page"]) > len(events)


def test_mistakes_stay_mistakes(client: TestClient) -> None:
    """Only what is named is taken on trust; bodies, numbers and queries are not."""
    for method, path, body in (
        ("GET", "/v0/evi/configs/any/version/x", None),
        ("GET", "/v0/evi/configs/any?page_size=1000", None),
        ("PATCH", "/v0/evi/configs/any", {}),
        ("POST", "/v0/evi/configs/any", {"evi_version": 3}),
        ("POST", "/v0/evi/chat/any/send", {"type": "nothing"}),
    ):
        assert client.request(method, path, json=body).status_code == 422, path
    refused = client.post("/v0/evi/tools", json={"name": "t", "parameters": "x"})
    assert refused.status_code == 400


def test_a_list_of_an_unknown_configs_chats(client: TestClient) -> None:
    """A filter finds nothing; it is no mistake."""
    for path in ("/v0/evi/chats", "/v0/evi/chat_groups"):
        page = ask(client, "GET", f"{path}?config_id=your-config-id")
        assert page["total_pages"] == 0


def test_unknown_ids_are_404_unless_asked_for(api_key: str) -> None:
    """The default is the service's answer."""
    client = client_of(new_app(Settings(seed="empty")), api_key)
    assert client.get(f"/v0/evi/configs/{NOBODY}").status_code == 404
    assert client.get("/v0/evi/configs/your-config-id").status_code == 422
