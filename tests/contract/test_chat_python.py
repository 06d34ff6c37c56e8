"""What chats of the vendor's Python package do beyond the conversations of the table."""

import json
from collections.abc import Iterator

import httpx
import pytest
from hume import HumeClient
from hume.core.api_error import ApiError
from hume.empathic_voice import ConnectSessionSettings, UserInput, UserMessage
from websockets.exceptions import InvalidStatus

from emulator.server import Server
from emulator.settings import Settings
from tests.contract.chat_python import (
    TIMEOUT_S,
    Chat,
    Connect,
    Player,
    async_chat,
    sync_chat,
    typed,
)
from tests.contract.conversations import TABLE, prepare
from tests.contract.transcripts import check_history, check_sentences, transcript, vendor_client

# The vendor's client imports names that websockets means to remove.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
        "ignore:websockets.legacy is deprecated:DeprecationWarning",
    ),
]

AT_A_PACE = ("typed turns", "no script", "nothing but a connection", "greeting")


@pytest.fixture(params=[sync_chat, async_chat], ids=["HumeClient", "AsyncHumeClient"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Opens a chat with either client."""
    chosen: Connect = request.param
    return chosen


def test_a_long_answer_arrives(
    connect: Connect, server: Server, remote: httpx.Client, api_key: str
) -> None:
    """An answer of four minutes of speech comes whole to a client that reads all the time."""
    sentences = [f"This is sentence {n} of a very long answer to a question." for n in range(70)]
    script = {"rules": [{"answer": " ".join(sentences)}]}
    remote.put("/_emulator/script", json={"script": script}).raise_for_status()
    with connect(server.url, api_key) as chat:
        chat.call("send_publish", UserInput(text="Hello"))
        heard = [text_of(chat, "assistant_message") for _ in sentences]
    assert heard == sentences


def test_at_a_pace_the_same_is_said(connect: Connect, api_key: str) -> None:
    """An assistant that takes its time says the same, step by step."""
    settings = Settings(seed="empty", port=0, pace="20")
    headers = {"X-Hume-Api-Key": api_key}
    with (
        Server(settings) as server,
        httpx.Client(base_url=server.url, headers=headers, trust_env=False) as remote,
    ):
        for conversation in TABLE.conversations:
            if conversation.title not in AT_A_PACE:
                continue
            options = typed(prepare(remote, conversation))
            with connect(server.url, api_key, **options) as chat:
                player = Player(chat, remote)
                player.play(conversation)
            assert transcript(player.messages, player.closed) == list(conversation.transcript)
            check_sentences(player.messages)
            check_history(remote, conversation, player.messages)
            remote.post("/_emulator/reset").raise_for_status()


# opening


@pytest.fixture
def locked_server() -> Iterator[Server]:
    """A server that knows one key only."""
    with Server(Settings(seed="empty", port=0, api_key=("right",), max_chats=1)) as server:
        yield server


def test_a_wrong_key_is_refused_before_the_upgrade(locked_server: Server) -> None:
    """AsyncHumeClient raises ApiError with the handshake's 401."""
    with pytest.raises(ApiError) as caught, async_chat(locked_server.url, "wrong"):
        pass
    assert caught.value.status_code == 401
    assert caught.value.body == "Websocket initialized with invalid credentials."


def test_the_sync_client_lets_a_refusal_through_as_websockets_says_it(
    locked_server: Server,
) -> None:
    """HumeClient 0.14.1 waits for an older exception, so InvalidStatus comes with the 401."""
    with pytest.raises(InvalidStatus) as caught, sync_chat(locked_server.url, "wrong"):
        pass
    assert caught.value.response.status_code == 401
    assert json.loads(caught.value.response.body or b"") == {
        "fault": {
            "faultstring": "Invalid ApiKey",
            "detail": {"errorcode": "oauth.v2.InvalidApiKey"},
        }
    }


def test_one_chat_too_many_is_refused_before_the_upgrade(locked_server: Server) -> None:
    """Beyond `max_chats` the handshake is answered 429, and the chat that is there goes on."""
    with sync_chat(locked_server.url, "right") as chat:
        assert isinstance(chat.received.get(timeout=TIMEOUT_S), dict)
        with pytest.raises(ApiError) as caught, async_chat(locked_server.url, "right"):
            pass
        chat.call("send_publish", UserInput(text="Hello"))
        reply = chat.received.get(timeout=TIMEOUT_S)
    assert caught.value.status_code == 429
    assert isinstance(reply, dict)
    assert reply["message"]["content"] == "Hello"


@pytest.mark.parametrize("strategy", ["header", "api_key", "access_token"])
def test_every_credential_leads_to_the_same_world(
    connect: Connect, server: Server, remote: httpx.Client, api_key: str, strategy: str
) -> None:
    """The key as a header or in the query, or a token that stands for it, opens a chat."""
    token = remote.post(
        "/oauth2-cc/token", data={"grant_type": "client_credentials"}, auth=(api_key, "secret")
    ).json()["access_token"]
    key, options = {
        "header": (api_key, {}),
        "api_key": (None, {"api_key": api_key}),
        "access_token": (None, {"access_token": token}),
    }[strategy]

    with connect(server.url, key, **options) as chat:
        metadata = chat.received.get(timeout=TIMEOUT_S)
        assert isinstance(metadata, dict)
        chats = list(vendor_client(remote).empathic_voice.chats.list_chats(status="ACTIVE"))
    assert metadata["chat_id"] in [each.id for each in chats]


def test_the_control_plane_of_the_python_client_names_no_chat(
    server: Server, remote: httpx.Client, api_key: str
) -> None:
    """`control_plane.connect` of 0.14.1 leaves the chat's id out of its URL: 404."""
    with sync_chat(server.url, api_key, allow_connection=True) as chat:
        metadata = chat.received.get(timeout=TIMEOUT_S)
        assert isinstance(metadata, dict)
        control_plane = vendor_client(remote).empathic_voice.control_plane
        with (
            pytest.raises(InvalidStatus) as caught,
            control_plane.connect(metadata["chat_id"]),
        ):
            pass
    assert caught.value.response.status_code == 404


# what a live chat shows


def test_a_live_chat_shows_its_settings(
    connect: Connect, server: Server, remote: httpx.Client, api_key: str
) -> None:
    """While it is ACTIVE the settings can be read: numbers as integers, variables as texts."""
    settings = ConnectSessionSettings.model_validate(
        {
            "audio": {"encoding": "linear16", "sample_rate": 16000, "channels": 1},
            "context": {"text": "It snows & blows.", "type": "persistent"},
            "custom_session_id": "mine",
            "event_limit": 100,
            "system_prompt": "Be [kind] to {{name}}?\nYes + no.",
            "variables": {"name": "Ada Løve", "age": 30, "vip": True},
            "voice_id": "5bb7de05-c8fe-426a-8fcc-ba4fc4ce9f9c",
        }
    )
    with connect(server.url, api_key, session_settings=settings) as chat:
        metadata = chat.received.get(timeout=TIMEOUT_S)
        assert isinstance(metadata, dict)
        chats = vendor_client(remote).empathic_voice.chats
        events = list(chats.list_chat_events(metadata["chat_id"], page_size=100))
        [shown] = [each for each in chats.list_chats() if each.id == metadata["chat_id"]]
    assert shown.status == "ACTIVE"
    [recorded] = [each.message_text for each in events if each.type == "SESSION_SETTINGS"]
    assert recorded is not None
    assert json.loads(recorded) == {
        "type": "session_settings",
        **json.loads(settings.json()),
        "variables": {"name": "Ada Løve", "age": "30.0", "vip": "true"},  # a float: 0.14.1's way
    }
    [prompt] = [each.message_text for each in events if each.type == "SYSTEM_PROMPT"]
    assert prompt == "Be [kind] to Ada Løve?\nYes + no."


def test_a_long_prompt_fits_into_the_handshake(
    connect: Connect, server: Server, remote: httpx.Client, api_key: str
) -> None:
    """The client sends session settings in the query; percent-encoded, 10 KB become 30 KB."""
    prompt = "Antworte höflich & kurz. " * 400
    settings = ConnectSessionSettings(system_prompt=prompt)
    with connect(server.url, api_key, session_settings=settings) as chat:
        metadata = chat.received.get(timeout=TIMEOUT_S)
        assert isinstance(metadata, dict)
        chats = vendor_client(remote).empathic_voice.chats
        events = list(chats.list_chat_events(metadata["chat_id"], page_size=100))
    assert [each.message_text for each in events if each.type == "SYSTEM_PROMPT"] == [prompt]


def test_chats_of_one_world_do_not_hear_each_other(
    connect: Connect, server: Server, api_key: str
) -> None:
    """Each of two clients is answered what it said itself."""
    with connect(server.url, api_key) as first, connect(server.url, api_key) as second:
        chats = {"one": first, "two": second}
        for text, chat in chats.items():
            chat.call("send_publish", UserInput(text=text))
        heard = {text: [text_of(chat, "user_message")] for text, chat in chats.items()}
        ids = {text_of(chat, "assistant_message") for chat in chats.values()}
    assert heard == {"one": ["one"], "two": ["two"]}
    assert len(ids) == 2


def text_of(chat: Chat, kind: str) -> str:
    """The text of the next message of that type."""
    while True:
        message = chat.received.get(timeout=TIMEOUT_S)
        assert isinstance(message, dict)
        if message["type"] == kind:
            text: str = message["message"]["content"]
            return text


def test_one_receives_with_recv_too(server: Server, api_key: str) -> None:
    """`recv` returns the vendor's models one by one."""
    client = HumeClient(base_url=server.url, api_key=api_key)
    with client.empathic_voice.chat.connect() as socket:
        first = socket.recv()
        socket.send_publish(UserInput(text="Hello"))
        second = socket.recv()
    assert (first.type, second.type) == ("chat_metadata", "user_message")
    assert isinstance(second, UserMessage)
    assert second.message.content == "Hello"
