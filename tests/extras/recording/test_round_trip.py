"""Recorded, imported, replayed and compared: with our own emulator nothing differs."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from websockets.sync.client import connect

from emulator.apis.evi.state import EviState
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.scripts import import_script
from emulator.extras.recording.seeds import as_yaml, import_seed
from emulator.server import Server
from emulator.settings import Settings
from tests.contract.calls import KINDS, Collection, Kind, sync_client
from tests.contract.chat_python import Player as Talker
from tests.contract.chat_python import sync_chat, typed
from tests.contract.conversations import TABLE, Conversation, prepare
from tests.extras.recording import kit, vendor
from tests.served import SEEDS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
        "ignore:websockets.legacy is deprecated:DeprecationWarning",
    ),
]

KEY = "a-key-that-nobody-may-see"
Entry: TypeAlias = dict[str, Any]


@pytest.fixture(scope="module")
def recorded(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the vendor's client and the emulator said to each other."""
    path = tmp_path_factory.mktemp("recorded") / "vendor.ndjson"
    with kit.recording(server.url, path) as url:
        asyncio.run(vendor.main(url, KEY, "Weather"))
    return path


def test_no_key_is_in_the_file(recorded: Path) -> None:
    """Neither the caller's nor that of a language model."""
    assert KEY.encode() not in recorded.read_bytes()
    assert b"(hidden)" in recorded.read_bytes()


def test_it_becomes_a_seed_and_a_script(recorded: Path, tmp_path: Path) -> None:
    """Both are accepted; the seed has what was there before, and nothing that the client made."""
    recording = read_recording(recorded)
    seed = import_seed(recording, SEEDS, Settings()).content
    path = tmp_path / "seed.yaml"
    path.write_text(as_yaml(seed))
    store = SEEDS.load(str(path), Settings())
    assert store.state(EviState).configs.find_name("Fernway Bikes Support") is not None
    assert store.state(EviState).configs.find_name("Weather") is None
    script, notes = import_script(recording, [config["id"] for config in seed["configs"]])
    assert [rule["when"]["turn"] for rule in script["rules"]] == [1, 2, 3]
    assert script["tools"] == {"get_weather": {"content": {"sky": "snow"}}}
    assert [list(step) for step in script["user"]] == [["type"], ["type"], ["say"]]
    assert len(notes) == 1  # its config was made while recording


def test_the_same_client_fits(recorded: Path) -> None:
    """Whatever key it has."""
    with kit.replaying(recorded) as (url, found):
        asyncio.run(vendor.main(url, "another-key-of-mine", "Weather"))
    assert kit.told(found) == []


def test_a_changed_client_does_not(recorded: Path) -> None:
    """Each difference has its place and both sides."""
    with kit.replaying(recorded) as (url, found):
        asyncio.run(vendor.main(url, KEY, "Other"))
    assert [(each.subject.partition("-")[0].split("/")[:4], each.place) for each in found] == [
        (["POST ", "v0", "evi", "prompts"], "/body/name"),
        (["POST ", "v0", "evi", "configs"], "/body/name"),
        ([found[2].subject.partition("-")[0].split("/")[0], "v0", "evi", "configs"], "/body/name"),
        (["POST ", "v0", "evi", "configs"], "/body/name"),
    ]
    assert (found[0].expected, found[0].got) == ("Prompt of Weather", "Prompt of Other")


def test_a_client_that_does_less_and_more(recorded: Path) -> None:
    """What it never asks for is told, and what was not recorded."""
    with (
        kit.replaying(recorded) as (url, found),
        httpx.Client(base_url=url, headers={"X-Hume-Api-Key": KEY}, trust_env=False) as client,
    ):
        assert client.get("/v0/evi/configs?page_number=0&page_size=2").status_code == 200
        missing = client.get("/v0/evi/confgs")
    assert missing.status_code == 404
    assert "did you mean 'GET /v0/evi/configs'" in missing.json()["message"]
    assert "GET /v0/evi/confgs: expected nothing, got '/v0/evi/confgs'" in kit.told(found)
    recording = read_recording(recorded)
    asked = len(list(recording.exchanges)) + len(recording.conversations())
    assert len(found) == asked - 1 + 1


def test_our_emulator_answers_the_same(recorded: Path) -> None:
    """Nothing differs from what it said itself."""
    assert kit.differences(recorded) == []


MUTATIONS: dict[
    str, tuple[Callable[[dict[str, Any]], bool], Callable[[dict[str, Any]], Any], str]
] = {
    "status": (
        lambda e: e.get("status") == 404,
        lambda e: e.update(status=410),
        "get-config-version /status: expected 410, got 404",
    ),
    "code": (
        lambda e: e.get("status") == 409,
        lambda e: e["response"]["body"]["json"].update(code="E0042"),
        "create-config /body/code: expected 'E0042', got 'name_taken'",
    ),
    "content type": (
        lambda e: e.get("method") == "PATCH",
        lambda e: e["response"]["headers"].update({"content-type": "text/plain"}),
        "update-config-name /headers/content-type: expected 'text/plain', got 'application/json'",
    ),
    "key": (
        lambda e: e.get("path") == "/v0/evi/tools",
        lambda e: e["response"]["body"]["json"].update(new_key=1),
        "create-tool /body/new_key: expected 'a number', got nothing",
    ),
    "frame's key": (
        lambda e: kind(e) == "assistant_end",
        lambda e: e["content"]["json"].update(custom_session_id=1),
        "WebSocket /v0/evi/chat /frames/8/custom_session_id: expected 'a number', got 'null'",
    ),
    "frame": (
        lambda e: kind(e) == "assistant_end",
        lambda e: e["content"]["json"].update(type="assistant_over"),
        "WebSocket /v0/evi/chat /frames/8: expected ['assistant_over'], got ['assistant_end']",
    ),
    "close": (
        lambda e: e["kind"] == "close",
        lambda e: e.update(sender="server", code=1008),
        "WebSocket /v0/evi/chat /close/code: expected 1008, got nothing",
    ),
}


def kind(entry: Entry) -> Any:
    content = entry.get("content", {}).get("json")
    return content.get("type") if isinstance(content, dict) else None


@pytest.mark.parametrize("name", MUTATIONS)
def test_an_answer_of_another_shape_is_named(recorded: Path, tmp_path: Path, name: str) -> None:
    """Each kind of difference, with its place and both sides; and no other."""
    fits, change, told = MUTATIONS[name]
    entries = [json.loads(line) for line in recorded.read_text().splitlines()]
    change(next(entry for entry in entries[1:] if fits(entry)))
    path = tmp_path / "mutated"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    assert kit.differences(path) == [told]


def test_all_of_rest(server: Server, tmp_path: Path) -> None:
    """Every operation but the control plane's, errors, voices, and each way to say who calls."""
    path, secret = tmp_path / "rest.ndjson", "a-secret-that-nobody-may-see"
    with kit.recording(server.url, path) as url:
        with sync_client(url, KEY) as client:
            for each in KINDS:
                use_collection(Collection(client.empathic_voice, each), each)
            read_history(client.empathic_voice)
        with httpx.Client(base_url=url, trust_env=False) as anybody:
            token = use_credentials(anybody, secret)
    text = path.read_bytes()
    assert not any(word.encode() in text for word in (KEY, secret, token, "signature="))
    assert kit.differences(path) == []


def use_collection(collection: Collection, kind: Kind) -> None:
    id = list(collection.pager(page_size=3, restrict_to_most_recent=False))[0].id
    collection.version_pager(id)
    collection.version(id, 0)
    new = collection.create("Fresh", **kind.first)
    collection.add_version(new.id, **kind.second)
    collection.add_version(id, **kind.second)
    collection.delete(new.id)


def change(client: httpx.Client, kind: Kind) -> None:
    """What `Collection` has no method for."""
    path = f"/v0/evi/{kind.name}s"
    page = client.get(path, params={"page_size": 1}).json()[f"{kind.name}s_page"]
    one = f"{path}/{page[0]['id']}"
    client.patch(one, json={"name": "Renamed"})
    client.patch(f"{one}/version/0", json={"version_description": "x"})
    client.delete(f"{one}/version/0")
    client.get(f"{one}/version/0")


def read_history(evi: Any) -> None:
    chats = list(evi.chats.list_chats(page_size=5, ascending_order=True))
    for chat in chats[:3]:
        list(evi.chats.list_chat_events(chat.id))
        evi.chats.get_audio(chat.id)
        evi.chats.get_audio(chat.id)
    for group in list(evi.chat_groups.list_chat_groups())[:3]:
        evi.chat_groups.get_chat_group(group.id)
        list(evi.chat_groups.list_chat_group_events(group.id))
        evi.chat_groups.get_audio(group.id)


def use_credentials(client: httpx.Client, secret: str) -> str:
    """Returns a token."""
    key = {"X-Hume-Api-Key": KEY}
    with httpx.Client(base_url=client.base_url, headers=key, trust_env=False) as known:
        for kind in KINDS:
            change(known, kind)
    for path in ("/v0/tts/voices?provider=CUSTOM_VOICE", "/nowhere"):
        client.get(path, headers=key)
    client.put("/v0/evi/configs", headers=key)
    client.post("/v0/evi/configs", headers=key, content=b"{bad")
    client.get("/v0/evi/configs")
    grant = {"grant_type": "client_credentials"}
    client.post("/oauth2-cc/token", data=grant, auth=(KEY, secret))
    form = {**grant, "client_id": KEY, "client_secret": secret}
    token: str = client.post("/oauth2-cc/token", data=form).json()["access_token"]
    for bearer in (token, "a-token-that-is-none"):
        client.get("/v0/evi/configs", headers={"Authorization": f"Bearer {bearer}"})
    client.get(f"/v0/evi/configs?access_token={token}")
    client.get(f"/v0/evi/configs?api_key={KEY}")
    client.options("/v0/evi/configs", headers={"Origin": "http://a.example"})
    return token


def test_a_second_client_joins(server: Server, tmp_path: Path) -> None:
    """It gets what was said so far, speaks, and hears what both say."""
    path = tmp_path / "joined.ndjson"
    with kit.recording(server.url, path) as url:
        address, query = f"ws{url[4:]}/v0/evi/chat", f"api_key={KEY}"
        with connect(f"{address}?allow_connection=true&{query}") as first:
            chat_id = json.loads(first.recv())["chat_id"]
            with connect(f"{address}/{chat_id}/connect?{query}") as second:
                second.send(json.dumps({"type": "user_input", "text": "Hello"}))
                for each in (first, second):
                    while json.loads(each.recv(timeout=10))["type"] != "assistant_end":
                        pass
    assert kit.differences(path) == []


# A client that joins needs an id, which the vendor's can't give.
@pytest.mark.parametrize(
    "conversation",
    [each for each in TABLE.conversations if not each.joined],
    ids=lambda each: each.title,
)
def test_a_conversation(
    server: Server, api_key: str, tmp_path: Path, conversation: Conversation
) -> None:
    """Each of the table passes through the proxy, and the emulator would say the same again."""
    path = tmp_path / "chat.ndjson"
    headers = {"X-Hume-Api-Key": api_key}
    with (
        kit.recording(server.url, path) as url,
        httpx.Client(base_url=url, headers=headers, trust_env=False) as remote,
    ):
        options = typed(prepare(remote, conversation))
        with sync_chat(url, api_key, False, **options) as chat:
            Talker(chat, remote).play(conversation)
    assert kit.differences(path) == []
