"""Chats of the vendor's Python package, sync and async, and what plays conversations with them."""

import asyncio
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import Queue
from typing import Any, Protocol, TypeAlias

import httpx
import hume.empathic_voice
from hume import AsyncHumeClient, HumeClient
from hume.core.events import EventType
from hume.empathic_voice import ConnectSessionSettings

from conformance.table import Conversation
from tests.contract.conversations import TABLE, Json
from tests.contract.sounds import pieces_of_sound
from tests.contract.transcripts import vendor_client

TIMEOUT_S = 10

Received: TypeAlias = "Queue[Json | int | Exception]"  # messages, then the close code


class Chat(Protocol):
    """An open chat of either client; `call` is one of the socket's methods that send."""

    received: Received

    def call(self, method: str, message: Any) -> None: ...

    def close(self) -> None: ...


Connect: TypeAlias = Callable[..., AbstractContextManager[Chat]]


def to_json(message: Any) -> Json:
    """A message as the vendor's model shows it, which must be the table's."""
    content: Json = json.loads(message.json())
    expected = TABLE.receives[content["type"]]
    assert type(message).__name__ == expected, f"expected {expected}, got {message!r}"
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

    def call(self, method: str, message: Any) -> None:
        getattr(self._socket, method)(message)

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

    def call(self, method: str, message: Any) -> None:
        wait_for(getattr(self._socket, method)(message), self._loop)

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
                self._chat.call(TABLE.sends[message["type"]].python, self._model(message))
            case {"control": message}:
                while not self.messages:
                    self._await("chat_metadata")
                control_plane = vendor_client(self._remote).empathic_voice.control_plane
                control_plane.send(self.chat_id, request=self._model(message))
            case {"audio": sound, "frames": frames}:
                for piece in pieces_of_sound(sound):
                    self._send_sound(piece, frames)
            case {"frame": text}:
                self._chat.call(TABLE.sends["binary"].python, text)
            case {"await": kind}:
                self._await(kind)
            case {"join": True}:
                with vendor_client(self._remote).empathic_voice.control_plane.connect(self.chat_id):
                    raise AssertionError("this client can join; the driver is to learn it")
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
        return model_of(message)

    def _send_sound(self, piece: bytes, frames: str) -> None:
        if frames == "binary":
            self._chat.call(TABLE.sends["binary"].python, piece)
        else:
            message = model_of({"type": "audio_input", "data": b64encode(piece).decode()})
            self._chat.call(TABLE.sends["audio_input"].python, message)

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


def model_of(message: Json) -> Any:
    """The vendor's model of a message."""
    return getattr(hume.empathic_voice, str(TABLE.sends[message["type"]].model))(**message)


def typed(options: Json) -> Json:
    """Connect options with the vendor's model for the session settings."""
    settings = options.get("session_settings")
    if settings is None:
        return options
    return {**options, "session_settings": ConnectSessionSettings.model_validate(settings)}
