"""The vendor's Python package holds every conversation of the table over a real socket."""

import asyncio
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import Queue
from typing import Any, Protocol, TypeAlias

import httpx
import pytest
from hume import AsyncHumeClient, HumeClient
from hume.core.api_error import ApiError
from hume.core.events import EventType
from hume.empathic_voice import (
    AssistantInput,
    AudioInput,
    ConnectSessionSettings,
    PauseAssistantMessage,
    ResumeAssistantMessage,
    SessionSettings,
    ToolErrorMessage,
    ToolResponseMessage,
    UserInput,
    UserMessage,
)
from websockets.exceptions import InvalidStatus

from emulator.server import Server
from emulator.settings import Settings
from tests.contract.conversations import CONVERSATIONS, Conversation, Json, params, prepare
from tests.contract.sounds import SOUNDS
from tests.contract.transcripts import check_history, check_sentences, transcript, vendor_client

# The vendor's client imports names that websockets means to remove.
pytestmark = pytest.mark.filterwarnings(
    "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
)

TIMEOUT_S = 10
MESSAGES: dict[str, Any] = {
    "assistant_input": AssistantInput,
    "audio_input": AudioInput,
    "pause_assistant_message": PauseAssistantMessage,
    "resume_assistant_message": ResumeAssistantMessage,
    "session_settings": SessionSettings,
    "tool_error": ToolErrorMessage,
    "tool_response": ToolResponseMessage,
    "user_input": UserInput,
}

Received: TypeAlias = "Queue[Json | int | Exception]"  # messages, then the close code


class Chat(Protocol):
    """An open chat of either client."""

    received: Received

    def publish(self, message: Any) -> None: ...

    def send_raw(self, data: str | bytes) -> None: ...

    def close(self) -> None: ...


Connect: TypeAlias = Callable[..., AbstractContextManager[Chat]]


def to_json(message: Any) -> Json:
    """A message as the vendor's model shows it."""
    content: Json = json.loads(message.json())
    return content


# the sync client


class SyncChat:
    """A thread receives, by iterating or by callbacks."""

    def __init__(self, socket: Any, by_callbacks: bool) -> None:
        self.received: Received = Queue()
        self._socket = socket
        receive = self._listen if by_callbacks else self._iterate
        self._thread = threading.Thread(target=self._run, args=(receive,))
        self._thread.start()

    def _run(self, receive: Callable[[], None]) -> None:
        try:
            receive()
            self.received.put(self._socket._websocket.close_code)
        except Exception as error:  # the test raises it where it waits
            self.received.put(error)

    def _iterate(self) -> None:
        for message in self._socket:
            self.received.put(to_json(message))

    def _listen(self) -> None:
        self._socket.on(EventType.MESSAGE, lambda message: self.received.put(to_json(message)))
        self._socket.on(EventType.ERROR, self.received.put)
        self._socket.start_listening()

    def publish(self, message: Any) -> None:
        self._socket.send_publish(message)

    def send_raw(self, data: str | bytes) -> None:
        self._socket._send(data)

    def close(self) -> None:
        self._socket._websocket.close()
        self._thread.join(TIMEOUT_S)


@contextmanager
def sync_chat(
    url: str, key: str | None, by_callbacks: bool = False, **options: Any
) -> Iterator[SyncChat]:
    with httpx.Client(verify=False, trust_env=False) as http:
        client = HumeClient(base_url=url, api_key=key, httpx_client=http)
        with client.empathic_voice.chat.connect(**options) as socket:
            chat = SyncChat(socket, by_callbacks)
            try:
                yield chat
            finally:
                chat.close()


# the async client


class AsyncChat:
    """The same in an event loop, in a thread of its own."""

    def __init__(self, socket: Any, loop: asyncio.AbstractEventLoop, by_callbacks: bool) -> None:
        self.received: Received = Queue()
        self._socket = socket
        self._loop = loop
        receive = self._listen if by_callbacks else self._iterate
        self._task = asyncio.run_coroutine_threadsafe(self._run(receive), loop)

    async def _run(self, receive: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await receive()
            self.received.put(self._socket._websocket.close_code)
        except Exception as error:
            self.received.put(error)

    async def _iterate(self) -> None:
        async for message in self._socket:
            self.received.put(to_json(message))

    async def _listen(self) -> None:
        async def note(message: Any) -> None:
            self.received.put(to_json(message))

        self._socket.on(EventType.MESSAGE, note)
        self._socket.on(EventType.ERROR, self.received.put)
        await self._socket.start_listening()

    def publish(self, message: Any) -> None:
        wait_for(self._socket.send_publish(message), self._loop)

    def send_raw(self, data: str | bytes) -> None:
        wait_for(self._socket._send(data), self._loop)

    def close(self) -> None:
        wait_for(self._socket._websocket.close(), self._loop)
        self._task.result(TIMEOUT_S)


def wait_for(coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop) -> Any:
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(TIMEOUT_S)


@contextmanager
def async_chat(
    url: str, key: str | None, by_callbacks: bool = False, **options: Any
) -> Iterator[AsyncChat]:
    with running_loop() as loop:
        http = httpx.AsyncClient(verify=False, trust_env=False)
        client = AsyncHumeClient(base_url=url, api_key=key, httpx_client=http)
        context = client.empathic_voice.chat.connect(**options)
        try:
            chat = AsyncChat(wait_for(context.__aenter__(), loop), loop, by_callbacks)
            try:
                yield chat
            finally:
                chat.close()
                wait_for(context.__aexit__(None, None, None), loop)
        finally:
            wait_for(http.aclose(), loop)


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT_S)
        loop.close()


@pytest.fixture(params=[sync_chat, async_chat], ids=["HumeClient", "AsyncHumeClient"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Opens a chat with either client."""
    chosen: Connect = request.param
    return chosen


# the driver


class Player:
    """Interprets the actions of a conversation."""

    def __init__(self, chat: Chat, remote: httpx.Client) -> None:
        self.messages: list[Json] = []
        self.closed: int | None = None
        self._chat = chat
        self._remote = remote

    def play(self, conversation: Conversation) -> None:
        for action in conversation.actions:
            self._act(action)
        if self.closed is None:
            self._chat.close()
            while self._receive() is not None:
                pass
            self.closed = None  # it was the client

    @property
    def chat_id(self) -> str:
        id: str = self.messages[0]["chat_id"]
        return id

    def _act(self, action: Json) -> None:
        match action:
            case {"send": message}:
                self._chat.publish(self._model(message))
            case {"control": message}:
                while not self.messages:
                    self._await("chat_metadata")
                control_plane = vendor_client(self._remote).empathic_voice.control_plane
                control_plane.send(self.chat_id, request=self._model(message))
            case {"audio": sound, "frames": frames}:
                for piece in SOUNDS[sound]:
                    self._send_sound(piece, frames)
            case {"frame": text}:
                self._chat.send_raw(text)
            case {"await": kind}:
                self._await(kind)
            case {"freeze": True}:
                self._remote.post("/_emulator/clock/freeze").raise_for_status()
            case {"advance": seconds}:
                body = {"seconds": seconds}
                self._remote.post("/_emulator/clock/advance", json=body).raise_for_status()
            case _:
                raise AssertionError(f"no such action: {action}")

    def _model(self, message: Json) -> Any:
        if message.get("tool_call_id") == "$tool_call_id":
            calls = [each for each in self.messages if each["type"] == "tool_call"]
            message = {**message, "tool_call_id": calls[-1]["tool_call_id"]}
        return MESSAGES[message["type"]].model_validate(message)

    def _send_sound(self, piece: bytes, frames: str) -> None:
        if frames == "binary":
            self._chat.send_raw(piece)
        else:
            self._chat.publish(AudioInput(data=in_base64(piece)))

    def _await(self, kind: str) -> None:
        while (message := self._receive()) is not None:
            if message["type"] == kind:
                return
        assert kind == "closed", f"closed while waiting for {kind}"

    def _receive(self) -> Json | None:
        """The next message; None when the chat is closed."""
        received = self._chat.received.get(timeout=TIMEOUT_S)
        if isinstance(received, Exception):
            raise received
        if isinstance(received, int):
            self.closed = received
            return None
        self.messages.append(received)
        return received


def in_base64(data: bytes) -> str:
    return b64encode(data).decode()


def typed(options: Json) -> Json:
    """Connect options with the vendor's model for the session settings."""
    settings = options.get("session_settings")
    if settings is None:
        return options
    return {**options, "session_settings": ConnectSessionSettings.model_validate(settings)}


@pytest.mark.parametrize("by_callbacks", [False, True], ids=["iterating", "callbacks"])
@pytest.mark.parametrize("conversation", params())
def test_a_conversation(
    connect: Connect,
    server: Server,
    remote: httpx.Client,
    api_key: str,
    conversation: Conversation,
    by_callbacks: bool,
) -> None:
    """The client receives what the table says, and the chat's record says the same."""
    options = typed(prepare(remote, conversation))
    with connect(server.url, api_key, by_callbacks, **options) as chat:
        player = Player(chat, remote)
        player.play(conversation)

    assert transcript(player.messages, player.closed) == list(conversation.transcript)
    check_sentences(player.messages)
    if conversation.status is not None:
        check_history(remote, conversation, player.messages)


def test_a_long_answer_arrives(
    connect: Connect, server: Server, remote: httpx.Client, api_key: str
) -> None:
    """An answer of four minutes of speech comes whole to a client that reads all the time."""
    sentences = [f"This is sentence {n} of a very long answer to a question." for n in range(70)]
    script = {"rules": [{"answer": " ".join(sentences)}]}
    remote.put("/_emulator/script", json={"script": script}).raise_for_status()
    with connect(server.url, api_key) as chat:
        chat.publish(UserInput(text="Hello"))
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
        for conversation in CONVERSATIONS[:4]:
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
        chat.publish(UserInput(text="Hello"))
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


def test_chats_of_one_world_do_not_hear_each_other(
    connect: Connect, server: Server, api_key: str
) -> None:
    """Each of two clients is answered what it said itself."""
    with connect(server.url, api_key) as first, connect(server.url, api_key) as second:
        chats = {"one": first, "two": second}
        for text, chat in chats.items():
            chat.publish(UserInput(text=text))
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
