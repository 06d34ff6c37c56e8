"""The chat over WebSocket, and the control plane's (PROTOCOL 6 to 9)."""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from emulator.errors import (
    CHAT_ID_MISSING,
    CHAT_NOT_FOUND,
    CHAT_NOT_LIVE,
    CONNECTION_REFUSED,
    NO_WEBSOCKET,
    TOO_MANY_CHATS,
    ApiError,
    api_error,
)
from emulator.jsontext import Json, JsonObject, read, render
from emulator.web.auth import Auth
from emulator.web.parameters import parse_query
from emulator.world import World

if TYPE_CHECKING:
    from emulator.chat.live import LiveChat
    from emulator.chat.messages import ServerMessage

logger = logging.getLogger("emulator")

_CHAT = re.compile("/v0/evi/chat")
_CONNECT = re.compile("/v0/evi/chat/([^/]+)/connect/?")
_NO_ID = re.compile("/v0/evi/chat/|/v0/evi/chat/connect/?")
NORMAL_CLOSE = 1000  # also after an error frame (PROTOCOL 7.1)
TOO_SLOW = 1008


def is_chat_path(path: str) -> bool:
    """Whether a WebSocket is served there."""
    return any(pattern.fullmatch(path) for pattern in (_CHAT, _CONNECT, _NO_ID))


class ChatSocket:
    """An ASGI application for the WebSockets."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = api_error(NO_WEBSOCKET, path=scope["path"])
            headers = {"Upgrade": "websocket"}
            await JSONResponse(refusal.body, refusal.status, headers)(scope, receive, send)
            return
        await receive()  # websocket.connect
        try:
            socket = self._open(scope, send)
        except ApiError as error:
            await _deny(send, error)
            return
        await send({"type": "websocket.accept"})
        await socket.run(receive)

    def _open(self, scope: Scope, send: Send) -> "Socket":
        """The socket, ready to run. Raises ApiError for a handshake that is to be refused."""
        headers = dict(scope["headers"])
        world = self._auth.world(headers, parse_query(scope["query_string"]))
        if _CHAT.fullmatch(scope["path"]):
            return _open_chat(world, scope["query_string"], send)
        joined = _CONNECT.fullmatch(scope["path"])
        if joined is None:
            raise api_error(CHAT_ID_MISSING, path=scope["path"])
        return _join_chat(world, joined[1].lower(), send)


def _open_chat(world: World, query_string: bytes, send: Send) -> "Socket":
    # imported when the first chat comes, since pydantic's models cost 0.1 s
    from emulator.operations.live_chats import refuse_chat, start_chat
    from emulator.web.chat_query import read_chat_query

    limit = world.settings.max_chats
    if limit is not None and len(world.live) >= limit:
        raise api_error(TOO_MANY_CHATS, limit=limit)
    query = read_chat_query(query_string)
    outbound = Outbound(send, world)
    try:
        live = start_chat(world, query.to_options(), outbound.put)
    except ApiError as error:
        outbound.put([refuse_chat(world, error)])
        outbound.close(NORMAL_CLOSE)
        return Socket(None, outbound, world)
    return Socket(live, outbound, world)


def _join_chat(world: World, chat_id: str, send: Send) -> "Socket":
    live = world.live.get(chat_id)
    if live is None:
        known = world.store.chats.find_chat(chat_id) is not None
        raise api_error(CHAT_NOT_LIVE if known else CHAT_NOT_FOUND, id=chat_id)
    if not live.allows_connection:
        raise api_error(CONNECTION_REFUSED, id=chat_id)
    outbound = Outbound(send, world, chat_id, joined=True)
    live.join(outbound.put)
    return Socket(live, outbound, world, joined=True)


async def _deny(send: Send, error: ApiError) -> None:
    """An HTTP answer instead of the upgrade."""
    body = render(error.body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send(
        {"type": "websocket.http.response.start", "status": error.status, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": body})


class Socket:
    """One client's connection: frames in to the chat, messages of the chat out."""

    def __init__(
        self, live: "LiveChat | None", outbound: "Outbound", world: World, joined: bool = False
    ) -> None:
        self._live = live
        self._outbound = outbound
        self._world = world
        self._joined = joined

    async def run(self, receive: Receive) -> None:
        """Until either side closes."""
        writer = asyncio.create_task(self._outbound.write())
        try:
            while (message := await receive())["type"] == "websocket.receive":
                self._take(message)
                await asyncio.sleep(0)  # the writer's turn
            self._note_close(message)
        finally:
            self._leave()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    def _take(self, message: Message) -> None:
        if self._live is None:
            return
        text, data = message.get("text"), message.get("bytes")
        self._note(text, data)
        if text is None:
            self._live.hear_audio(data or b"", self._outbound.put, self._joined)
        else:
            self._live.receive_frame(text, self._outbound.put, self._joined)

    def _note(self, text: str | None, data: bytes | None) -> None:
        content = {"type": "audio", "bytes": len(data or b"")} if text is None else _shown(text)
        self._outbound.note(direction="in", content=content)

    def _note_close(self, message: Message) -> None:
        """How the socket was closed: by whom, and with which code."""
        by_server = self._outbound.close_code is not None
        code = self._outbound.close_code if by_server else message.get("code", 1005)
        self._outbound.note(direction="out" if by_server else "in", close=code)

    def _leave(self) -> None:
        if self._live is None:
            return
        if self._joined:
            self._live.leave(self._outbound.put)
        else:
            self._live.end()


class Outbound:
    """What is on its way to one client: it waits in a queue that has a limit."""

    def __init__(
        self, send: Send, world: World, chat_id: str | None = None, joined: bool = False
    ) -> None:
        self._send = send
        self._world = world
        self.chat_id = chat_id
        self.joined = joined
        self._queue: deque[bytes] = deque()
        self._unsent = 0
        self._ready = asyncio.Event()
        self.close_code: int | None = None

    def put(self, messages: "Iterable[ServerMessage]", over: bool = False) -> None:
        """Messages, in order; `over` closes the socket after them.

        What counts against the limit is what still waited before them: one long answer may be
        longer than that, and its client reads it.
        """
        from emulator.chat.messages import to_json

        is_slow = self._unsent > self._world.settings.max_unsent_bytes
        for message in messages:
            content = to_json(message)
            if content["type"] == "chat_metadata":
                self.chat_id = content["chat_id"]
            self._note(content)
            text = render(content)
            self._queue.append(text)
            self._unsent += len(text)
        if is_slow:
            self._give_up()
        elif over:
            self.close(NORMAL_CLOSE)
        self._ready.set()

    def close(self, code: int) -> None:
        """Close the socket after what is in the queue."""
        self.close_code = code
        self._ready.set()

    def _give_up(self) -> None:
        """The client does not read: what is kept for it must not grow for ever."""
        limit = self._world.settings.max_unsent_bytes
        error = f"closed: more than {limit} bytes wait for a client that does not read them"
        self.note(direction="out", error=error)
        self._queue.clear()
        self._unsent = 0
        self.close(TOO_SLOW)

    def _note(self, content: JsonObject) -> None:
        shown = content
        if content["type"] == "audio_output":
            shown = {**content, "data": f"({len(content['data'])} characters)"}
        self.note(direction="out", content=shown)

    def note(self, **fields: Json) -> None:
        """Tell the journal; `joined` marks the frames of those who came through /connect."""
        if self.joined:
            fields["joined"] = True
        self._world.journal.add("frame", chat_id=self.chat_id, **fields)

    async def write(self) -> None:
        """Send what comes, until the socket is closed."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._queue:
                text = self._queue.popleft()
                self._unsent -= len(text)
                await self._send({"type": "websocket.send", "text": text.decode()})
            if self.close_code is not None:
                await self._send({"type": "websocket.close", "code": self.close_code})
                return


_LONGEST_SHOWN = 4_000


def _shown(text: str) -> Json:
    """A client's frame for the journal: sound and secrets are left out."""
    try:
        content = read(text)
    except ValueError:
        return text[:_LONGEST_SHOWN]
    if not isinstance(content, dict):
        return text[:_LONGEST_SHOWN]
    if isinstance(content.get("data"), str):
        content["data"] = f"({len(content['data'])} characters)"
    if content.get("language_model_api_key"):
        content["language_model_api_key"] = "(hidden)"
    return content
