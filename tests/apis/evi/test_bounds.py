"""Bounds for the events of a world's chats, and for the clients that join a chat."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedOK, InvalidStatus
from websockets.sync.client import connect

from emulator.apis.evi.chat.live import MOST_JOINED
from emulator.apis.evi.state import EviState
from emulator.server import Server
from emulator.settings import Settings

MOST = 20  # events
PATIENCE_S = 10


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server whose worlds have few events."""
    settings = Settings(seed="empty", port=0, max_events=MOST, audio_output=False)
    with Server(settings) as server:
        yield server


def chat_url(server: Server, key: str) -> str:
    return f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key={key}"


def first_frame(url: str) -> Any:
    with connect(url, proxy=None) as chat:
        return json.loads(chat.recv(PATIENCE_S))


def refusal(url: str) -> tuple[int, dict[str, Any]]:
    """The status and the body with which a handshake is refused."""
    with pytest.raises(InvalidStatus) as refused, connect(url, proxy=None):
        pass
    response = refused.value.response
    assert response.body is not None
    return response.status_code, json.loads(response.body)


def fill(server: Server, key: str) -> Any:
    """Talk until the chat ends with an error, and return that frame."""
    with connect(chat_url(server, key), proxy=None) as chat:
        while (frame := json.loads(chat.recv(PATIENCE_S)))["type"] != "error":
            if frame["type"] in ("chat_metadata", "assistant_end"):
                with suppress(ConnectionClosedOK):
                    chat.send(json.dumps({"type": "user_input", "text": "Hello."}))
        with pytest.raises(ConnectionClosedOK):
            chat.recv(PATIENCE_S)
    return frame


def test_a_chat_that_reaches_the_limit_of_events(
    server: Server, remote: httpx.Client, api_key: str
) -> None:
    """The chat gets an error frame and ends; the world has a few more events than the limit."""
    error = fill(server, api_key)
    assert (error["code"], error["slug"]) == ("EMU12", "too_many_events")
    assert error["message"].startswith(f"The chats of this world have {MOST} events, the most that")
    listed = remote.get("/v0/evi/chats").json()["chats_page"]
    assert [each["status"] for each in listed] == ["ERROR"]
    added = server.app.worlds.get(api_key).state(EviState).chats.added_events
    assert MOST <= added < MOST + 10
    entries = remote.get("/_emulator/journal?kind=script").json()["entries"]
    assert [each["message"] for each in entries] == [error["message"]]


def test_a_world_that_is_full_of_events(server: Server, remote: httpx.Client, api_key: str) -> None:
    """No chat begins in it, and no simulated one, until it is reset; other worlds have room."""
    fill(server, api_key)
    status, said = refusal(chat_url(server, api_key))
    assert (status, said["code"]) == (429, "too_many_events")
    assert said["message"].endswith("reset or delete the world, or allow more.")
    simulated = remote.post("/_emulator/simulate", json={"user": ["Hello."]})
    assert (simulated.status_code, simulated.json()["code"]) == (429, "too_many_events")
    assert first_frame(chat_url(server, "other"))["type"] == "chat_metadata"
    remote.post("/_emulator/reset")
    assert first_frame(chat_url(server, api_key))["type"] == "chat_metadata"


def test_a_restored_world_is_as_full(server: Server, remote: httpx.Client, api_key: str) -> None:
    """Its events are counted, wherever they come from."""
    fill(server, api_key)
    snapshot = remote.get("/_emulator/snapshot").content
    remote.post("/_emulator/reset")
    assert remote.put("/_emulator/snapshot", content=snapshot).status_code == 204
    assert refusal(chat_url(server, api_key))[1]["code"] == "too_many_events"


def test_a_limit_of_clients_that_join(server: Server, remote: httpx.Client, api_key: str) -> None:
    """One more gets 429 until another leaves; the chat goes on."""
    with connect(f"{chat_url(server, api_key)}&allow_connection=true", proxy=None) as chat:
        chat_id = json.loads(chat.recv(PATIENCE_S))["chat_id"]
        joining = chat_url(server, api_key).replace("chat?", f"chat/{chat_id}/connect?")
        live = server.app.worlds.get(api_key).state(EviState).live[chat_id]
        mirrors = [_Mirror() for _ in range(MOST_JOINED)]
        for mirror in mirrors:
            live.join(mirror)
        status, said = refusal(joining)
        assert (status, said["code"]) == (429, "too_many_joined")
        assert f"{MOST_JOINED} clients" in said["message"]
        entry = remote.get("/_emulator/journal?operation=connect").json()["entries"][-1]
        assert (entry["status"], entry["path"]) == (429, f"/v0/evi/chat/{chat_id}/connect")
        live.leave(mirrors[0])
        assert first_frame(joining)["type"] == "chat_metadata"


class _Mirror:
    """A client that joined, and reads nothing."""

    def __call__(self, messages: object, over: bool = False) -> None:
        """Drop the frames."""
