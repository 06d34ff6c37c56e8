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
)
from websockets.exceptions import InvalidStatus

from emulator.server import Server
from emulator.settings import Settings
from tests.contract.conversations import (
    CONVERSATIONS,
    SOUNDS,
    Conversation,
    Json,
    check_history,
    check_sentences,
    prepare,
    transcript,
)

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
WRONG_KEY = "wrong"

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
    url: str, api_key: str, by_callbacks: bool = False, **options: Any
) -> Iterator[SyncChat]:
    client = HumeClient(base_url=url, api_key=api_key)
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
    url: str, api_key: str, by_callbacks: bool = False, **options: Any
) -> Iterator[AsyncChat]:
    with running_loop() as loop:
        context = wait_for(open_async(url, api_key, options), loop)
        chat = AsyncChat(wait_for(context.__aenter__(), loop), loop, by_callbacks)
        try:
            yield chat
        finally:
            chat.close()
            wait_for(context.__aexit__(None, None, None), loop)


async def open_async(url: str, api_key: str, options: Json) -> Any:
    client = AsyncHumeClient(base_url=url, api_key=api_key)
    return client.empathic_voice.chat.connect(**options)


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
                client = HumeClient(
                    base_url=str(self._remote.base_url).rstrip("/"),
                    api_key=self._remote.headers["X-Hume-Api-Key"],
                    httpx_client=self._remote,
                )
                client.empathic_voice.control_plane.send(
                    self.chat_id, request=self._model(message)
                )
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


def history(remote: httpx.Client, chat_id: str) -> tuple[str, list[Json]]:
    """The status and the events of a chat that is over."""
    client = HumeClient(
        base_url=str(remote.base_url).rstrip("/"),
        api_key=remote.headers["X-Hume-Api-Key"],
        httpx_client=remote,
    )
    chats = client.empathic_voice.chats
    for _ in range(100):  # the server learns of a client's close a moment later
        pages = chats.list_chat_events(chat_id, page_size=100, ascending_order=True)
        [status] = [each.status for each in chats.list_chats() if each.id == chat_id]
        if status != "ACTIVE":
            return status, [to_json(event) for event in pages]
    raise AssertionError("the chat does not end")


@pytest.mark.parametrize("by_callbacks", [False, True], ids=["iterating", "callbacks"])
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=str)
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
        check_history(conversation, player.messages, *history(remote, player.chat_id))
