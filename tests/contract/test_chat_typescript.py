"""What chats of the vendor's TypeScript package do beyond the conversations of the table."""

import json
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx
import pytest

from emulator.server import Server
from emulator.settings import Settings
from tests.contract.conversations import TABLE, Json, say, until
from tests.contract.sounds import pieces_of_sound
from tests.contract.transcripts import finished_chat, transcript

NODE = Path(__file__).resolve().parents[1] / "node"
TIMEOUT_S = 30
SENDS = {kind: asdict(sender) for kind, sender in TABLE.sends.items()}


def why_not() -> str:
    """What is missing to run the vendor's packages for Node, or nothing."""
    if shutil.which("node") is None:
        return "node is not installed"
    return "" if (NODE / "node_modules").is_dir() else "tests/node/node_modules is missing (npm)"


pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]


class Node:
    """A script of `tests/node`: it does one task after the other."""

    def __init__(self, script: str) -> None:
        self._process = subprocess.Popen(
            ["node", script],
            cwd=NODE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def ask(self, **task: Any) -> Json:
        """What the script makes of a task."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        result: Json = json.loads(self._lines.get(timeout=TIMEOUT_S))
        return result

    def hold(self, **task: Any) -> Json:
        """What the client received, with its names as they are on the wire."""
        result = self.ask(**task, sends=SENDS)
        assert "failed" not in result, result["failed"]
        received: Json = snake(result)
        return received

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(TIMEOUT_S)
        self._reader.join(TIMEOUT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()


def snake(value: Any) -> Any:
    """The client's own names in camelCase, back to the wire's."""
    if isinstance(value, list):
        return [snake(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", k): snake(v) for k, v in value.items()}


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The vendor's client, in a process that all tests share."""
    node = Node("chat.mjs")
    yield node
    node.close()


def with_sounds(actions: Sequence[Json]) -> list[Json]:
    """The actions with their sounds in base64."""
    return [
        {**each, "audio": [b64encode(piece).decode() for piece in pieces_of_sound(each["audio"])]}
        if "audio" in each
        else each
        for each in actions
    ]


def test_a_wrong_key_is_refused_before_the_upgrade(node: Node) -> None:
    """The client's error handler hears of the handshake's 401, and no message comes."""
    with Server(Settings(seed="empty", port=0, api_key=("right",))) as server:
        received = node.hold(url=server.url, apiKey="wrong", options={}, actions=[])
    assert received["messages"] == []
    assert received["errors"] == ["Unexpected server response: 401"]


def test_an_access_token_leads_to_the_world_of_its_key(
    node: Node, server: Server, remote: httpx.Client, api_key: str
) -> None:
    """A client with a token instead of a key sends it in the query, and is let in."""
    token = remote.post(
        "/oauth2-cc/token", data={"grant_type": "client_credentials"}, auth=(api_key, "secret")
    ).json()["access_token"]
    received = node.hold(url=server.url, accessToken=token, options={}, actions=[])
    [metadata] = received["messages"]
    assert finished_chat(remote, metadata["chat_id"])[0] == "USER_ENDED"


def test_what_a_second_client_does_wrong_is_told_to_it_alone(
    node: Node, server: Server, api_key: str
) -> None:
    """A client that joined is refused its audio; the chat's own client hears nothing of it."""
    received = node.hold(
        url=server.url,
        apiKey=api_key,
        options={"allow_connection": True},
        actions=[
            {"join": True},
            {"from": "joined", "frame": '{"type": "audio_input", "data": ""}'},
            {**until("error"), "from": "joined"},
            say("Hello"),
            until("assistant_end"),
        ],
    )
    assert "error EMU08 audio_refused" in transcript(received["joined"]["messages"], None)
    assert "error EMU08 audio_refused" not in transcript(received["messages"], None)


def test_a_chat_that_does_not_allow_it_cannot_be_joined(
    node: Node, server: Server, api_key: str
) -> None:
    """Without `allowConnection` the second client's handshake is answered 403."""
    received = node.hold(url=server.url, apiKey=api_key, options={}, actions=[{"join": True}])
    assert received["joined"]["errors"] == ["Unexpected server response: 403"]


def test_numbers_come_as_they_are(
    node: Node, server: Server, remote: httpx.Client, api_key: str
) -> None:
    """Variables of this client are recorded as `30` and `true`, unlike Python's `30.0`."""
    settings = {
        "variables": {"name": "Ada Løve", "age": 30, "vip": True},
        "system_prompt": "Be [kind] to {{name}} & co?",
        "context": {"text": "It snows.", "type": "persistent"},
        "event_limit": 100,
    }
    received = node.hold(
        url=server.url, apiKey=api_key, options={"session_settings": settings}, actions=[]
    )
    _, events = finished_chat(remote, received["messages"][0]["chat_id"])
    [recorded] = [each["message_text"] for each in events if each["type"] == "SESSION_SETTINGS"]
    assert json.loads(recorded) == {
        "type": "session_settings",
        **settings,
        "variables": {"name": "Ada Løve", "age": "30", "vip": "true"},
    }
