"""The chat over WebSocket, and the control plane's (PROTOCOL 6 to 9)."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from emulator.errors import (
    CHAT_ID_MISSING,
    CHAT_NOT_FOUND,
    CHAT_NOT_LIVE,
    CONNECTION_REFUSED,
    NO_WEBSOCKET,
    PATH_NOT_FOUND,
    TOO_MANY_CHATS,
    ApiError,
    api_error,
)
from emulator.faults.rules import FaultRule
from emulator.jsontext import Json, JsonObject, JsonText, JsonTextError, parse, render
from emulator.timers import Timer
from emulator.web import bugs
from emulator.web.auth import Auth
from emulator.web.denial import deny_upgrade
from emulator.web.instead import fault_answer
from emulator.web.sabotage import (
    ALONE,
    BREAKS,
    OF_FRAMES,
    Fail,
    Sabotage,
    SocketBroken,
    Struck,
    alone_at,
)
from emulator.world import World

if TYPE_CHECKING:
    from emulator.chat.live import LiveChat

_CHAT = re.compile("/v0/evi/chat")
_CONNECT = re.compile("/v0/evi/chat/([^/]+)/connect/?")
_NO_ID = re.compile("/v0/evi/chat/|/v0/evi/chat/connect/?")
_ENDS = ("/chat", "/chat/", "/connect", "/connect/")
NORMAL_CLOSE = 1000  # also after an error frame (PROTOCOL 7.1)
TOO_SLOW = 1008
BUG = 1011


def is_chat_path(path: str) -> bool:
    """Whether a WebSocket is served there. Every request asks, so the rare ends go first."""
    return path.endswith(_ENDS) and any(
        pattern.fullmatch(_normal(path)) for pattern in (_CHAT, _CONNECT, _NO_ID)
    )


def _normal(path: str) -> str:
    """A client whose address ends in a slash asks for //v0/evi/chat."""
    return "/" + path.lstrip("/")


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
            await deny_upgrade(error, send)
            return
        except Exception as error:
            await deny_upgrade(self._report(scope, error).answer(), send)
            return
        await socket.run(receive, send)

    def _report(self, scope: Scope, error: Exception) -> bugs.Bug:
        """A bug in a handshake, told to the log and to the caller's journal."""
        world = None
        with suppress(Exception):  # which may be what has failed
            world = self._auth.world(dict(scope["headers"]), scope["query_string"])
        bug = bugs.report(error, f"WebSocket {scope['path']}", world)
        if world is not None:
            bugs.note(bug, world.journal)
        return bug

    def _open(self, scope: Scope, send: Send) -> "Socket":
        """The socket, ready to run. Raises ApiError for a handshake that is to be refused."""
        headers = dict(scope["headers"])
        world = self._auth.world(headers, scope["query_string"])
        path = _normal(scope["path"])
        if _CHAT.fullmatch(path):
            refuse_upgrade(world, None)
            return _open_chat(world, scope["query_string"], send)
        joined = _CONNECT.fullmatch(path)
        if joined is not None:
            refuse_upgrade(world, joined[1].lower())
            return _join_chat(world, joined[1].lower(), send)
        if _NO_ID.fullmatch(path):
            raise api_error(CHAT_ID_MISSING, path=scope["path"])
        hint = ": chats are at /v0/evi/chat (TypeScript: set environment, not baseUrl)"
        raise api_error(PATH_NOT_FOUND, method="WebSocket", path=scope["path"], hint=hint)


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
        return Socket(None, outbound)
    return Socket(live, outbound)


def _join_chat(world: World, chat_id: str, send: Send) -> "Socket":
    live = world.live.get(chat_id)
    if live is None:
        known = world.store.chats.find_chat(chat_id) is not None
        raise api_error(CHAT_NOT_LIVE if known else CHAT_NOT_FOUND, id=chat_id)
    if not live.allows_connection:
        raise api_error(CONNECTION_REFUSED, id=chat_id)
    begin_ms = live.session.start_ms + live.clock.lag_ms
    outbound = Outbound(send, world, chat_id, joined=True, begin_ms=begin_ms)
    live.join(outbound.put)
    return Socket(live, outbound, joined=True)


def refuse_upgrade(world: World, chat_id: str | None) -> None:
    """Raises ApiError if a fault wants it."""
    struck = world.faults.take("socket", ("refuse",), {"chat_id": chat_id})
    if struck:
        raise ApiError(*fault_answer(struck["refuse"]))


class Socket:
    """One client's connection: frames in to the chat, messages of the chat out."""

    def __init__(self, live: "LiveChat | None", outbound: "Outbound", joined: bool = False) -> None:
        self._live = live
        self._outbound = outbound
        self._joined = joined
        if live is not None and not joined:
            live.on_bug = self._fail

    async def run(self, receive: Receive, send: Send) -> None:
        """Until either side closes, or the client turns out not to read."""
        tasks: list[asyncio.Task[Any]] = []
        try:
            await send({"type": "websocket.accept"})
            self._outbound.open(receive, self._send_error, self._hang_up)
            reader = asyncio.create_task(self._read(receive))
            tasks = [reader, asyncio.create_task(self._outbound.write())]
            given_up = asyncio.create_task(self._outbound.given_up.wait())
            tasks.append(given_up)
            await asyncio.wait((reader, given_up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            self._take(message)
            await asyncio.sleep(0)  # the writer's turn
        by_server = self._outbound.close_code is not None
        # uvicorn gives a reason for a close, and none for a connection that broke
        gone = message.get("code", 1005) if "reason" in message else 1006
        code = self._outbound.close_code if by_server else gone
        self._outbound.note_end("out" if by_server else "in", close=code)

    def _send_error(self, slug: str, message: str | None) -> None:
        if self._live is not None:
            self._live.fail(slug, message)

    def _hang_up(self) -> None:
        """The connection is broken on request: the chat ends as if its client had gone."""
        if self._live is not None and not self._joined:
            self._live.end()

    def _take(self, message: Message) -> None:
        if self._live is None:
            return
        try:
            if message.get("text") is None:
                self._take_sound(self._live, message.get("bytes") or b"")
            else:
                self._take_text(self._live, message["text"].encode(errors="surrogatepass"))
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """A bug of ours ends the chat."""
        self._outbound.report(error)
        try:
            if self._live is not None:
                self._live.end("ERROR", "uncaught")
        finally:
            self._outbound.close(BUG)

    def _take_sound(self, live: "LiveChat", data: bytes) -> None:
        self._outbound.note("in", {"type": "audio", "bytes": len(data)})
        live.hear_audio(data, self._outbound.put, self._joined)

    def _take_text(self, live: "LiveChat", text: bytes) -> None:
        try:
            content = parse(text)
        except JsonTextError as error:
            self._outbound.note("in", text[:_LONGEST_SHOWN])
            live.refuse(self._outbound.put, "invalid_json", error.message)
            return
        self._outbound.note("in", _shown(content, text))
        live.receive_frame(content, self._outbound.put, self._joined)

    def _leave(self) -> None:
        self._outbound.leave()
        if self._live is None:
            return
        self._live.leave(self._outbound.put)
        if not self._joined:
            self._live.end()


class Outbound:
    """What is on its way to one client: it waits in a queue that has a limit."""

    def __init__(
        self,
        send: Send,
        world: World,
        chat_id: str | None = None,
        joined: bool = False,
        begin_ms: int | None = None,
    ) -> None:
        """`begin_ms` is when the chat began, if it is not just beginning."""
        self._send = send
        self._world = world
        self._begin_ms = world.clock.now_ms() if begin_ms is None else begin_ms
        self._limit = world.settings.max_unsent_bytes
        self._journal = world.journal  # a reset gives the world another one
        self._faults = world.faults
        self._sabotage: Sabotage | None = None
        self._turn = self._frame = 0
        self._chat_id = chat_id
        self._joined = joined
        # each with its size, about, its turn, its type, and whether no fault may strike it
        self._queue: deque[tuple[JsonObject | bytes, int, int, str, bool] | Struck] = deque()
        self._is_spared = False
        self._timers: list[Timer] = []  # of faults to come
        self._fail_chat: Fail = lambda slug, message: None
        self._hang_up: Callable[[], None] = lambda: None
        self._unsent = 0  # bytes, about
        self._ready = asyncio.Event()
        self.close_code: int | None = None
        self.given_up = asyncio.Event()

    def open(self, receive: Receive, fail: Fail, hang_up: Callable[[], None]) -> None:
        """The client is there."""
        self._fail_chat, self._hang_up = fail, hang_up
        self._sabotage = Sabotage(self._world, self._send, receive, self._fail)
        for rule in self._faults:
            self._arm(rule)
        self._faults.watchers.append(self._arm)

    def leave(self) -> None:
        """The client is gone."""
        if self._arm in self._faults.watchers:
            self._faults.watchers.remove(self._arm)
        for timer in self._timers:
            self._world.timers.cancel(timer)

    def _arm(self, rule: FaultRule) -> None:
        """Have a rule strike at its time, though no frame may come then."""
        at_ms = alone_at(rule)
        if at_ms is not None:
            self._timers.append(self._world.timers.at(self._begin_ms + at_ms, self._strike))

    def _fail(self, slug: str, message: str | None) -> None:
        """An error frame goes before what waits, and if the chat ends with it, nothing follows.

        It is not struck itself: one fault would have another without end.
        """
        waiting = list(self._queue)
        self._queue.clear()
        self._is_spared = True
        try:
            self._fail_chat(slug, message)
        finally:
            self._is_spared = False
        if self.close_code is None:
            self._queue += waiting

    def _strike(self) -> None:
        """What is due without a frame; a chat that breaks ends at this very time."""
        if self._sabotage is None or self.close_code is not None:
            return
        struck = self._sabotage.strike(ALONE, self._facts(self._turn, ""))
        if struck:
            self._queue.append(struck)
            self._ready.set()
        if BREAKS & struck.keys():
            self._hang_up()

    def _facts(self, turn: int, kind: str) -> JsonObject:
        return {
            "chat_id": self._chat_id,
            "turn": turn,
            "frame": self._frame,
            "type": kind,
            "at_ms": self._world.clock.now_ms() - self._begin_ms,
        }

    def put(self, messages: Iterable[JsonObject], over: bool = False) -> None:
        """Messages, in order; `over` closes the socket after them.

        What counts against the limit is what still waited before them: one long answer may be
        longer than that, and its client reads it. Sound is rendered when it is sent, so what waits
        takes little room: that of all sentences is the same few texts.
        """
        if self.close_code is not None:
            return
        if self._unsent > self._limit:
            self._give_up()
            return
        for content in messages:
            kind = content["type"]
            if kind == "chat_metadata":
                self._chat_id = content["chat_id"]
            elif kind == "user_message" and not content["interim"]:
                self._turn += 1
            text = b"" if kind == "audio_output" else render(content)
            self.note("out", _shown(content, text))
            size = len(text) or len(content["data"]) + _AROUND_SOUND
            self._queue.append((text or content, size, self._turn, kind, self._is_spared))
            self._unsent += size
        if over:
            self.close(NORMAL_CLOSE)
        self._ready.set()

    def close(self, code: int) -> None:
        """Close the socket after what is in the queue."""
        self.close_code = code
        self._ready.set()

    def _give_up(self) -> None:
        """The client does not read: it gets no close either, its connection just ends."""
        error = f"cut off: {self._limit} bytes and more wait for a client that does not read"
        self.note_end("out", error=error)
        self._queue.clear()
        self.close_code = TOO_SLOW
        self.note_end("out", close=TOO_SLOW)
        self.given_up.set()

    def note(self, direction: str, content: Json) -> None:
        """Tell the journal of a frame; `joined` marks those of who came through /connect."""
        size = len(content) if isinstance(content, bytes) else 0
        if self._joined:
            self._journal.keep(
                "frame", size, _JOINED_NOTED, self._chat_id, direction, content, True
            )
        else:
            self._journal.keep("frame", size, _NOTED, self._chat_id, direction, content)

    def note_end(self, direction: str, **fields: Json) -> None:
        """Tell the journal how it ended."""
        joined = {"joined": True} if self._joined else {}
        self._journal.add("frame", chat_id=self._chat_id, direction=direction, **fields, **joined)

    def report(self, error: Exception) -> None:
        """Tell the log and the journal of a bug of ours."""
        bug = bugs.report(error, f"chat {self._chat_id}", self._world)
        bugs.note(bug, self._journal, self._chat_id)

    async def write(self) -> None:
        """Send what comes, until the socket is closed."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            try:
                while self._queue:
                    await self._write_next()
            except SocketBroken as broken:
                self._hang_up()
                self.close_code = broken.close_code
                return
            if self.close_code is not None:
                if self._sabotage is not None:
                    await self._sabotage.let_go()
                if self._sabotage is None or not self._sabotage.stalls:
                    await self._send({"type": "websocket.close", "code": self.close_code})
                return

    async def _write_next(self) -> None:
        """Raises SocketBroken if a fault breaks the connection."""
        waiting, sabotage = self._queue.popleft(), self._sabotage
        if not isinstance(waiting, tuple):
            assert sabotage is not None
            await sabotage.pass_on(None, waiting)
            return
        frame, size, turn, kind, is_spared = waiting
        self._unsent -= size
        self._frame += 1
        text = (frame if isinstance(frame, bytes) else render(frame)).decode()
        if sabotage is not None and sabotage.is_needed and not is_spared:
            struck = sabotage.strike(OF_FRAMES, self._facts(turn, kind))
            await sabotage.pass_on(text, struck)
        else:
            await self._send({"type": "websocket.send", "text": text})


_AROUND_SOUND = 150  # bytes of a frame but for its sound, about
_LONGEST_SHOWN = 16_000  # bytes of a frame that the journal keeps
_MOST_BRACKETS = 200  # what has fewer can stand in any page
_NOTED = ("chat_id", "direction", "content")
_JOINED_NOTED = (*_NOTED, "joined")


def _shown(content: Json, text: bytes) -> Json:
    """A frame for the journal: without sound, and cut if it is too long.

    What is nested too deep to stand in a page is only named.
    """
    if not isinstance(content, dict):
        return text[:_LONGEST_SHOWN]
    if "data" in content and isinstance(content["data"], str):
        content = {**content, "data": f"({len(content['data'])} characters)"}
        text = render(content)
    if len(text) > _LONGEST_SHOWN:
        return text[:_LONGEST_SHOWN]
    if text.count(b"[") + text.count(b"{") > _MOST_BRACKETS and not _fits_in_a_page(content):
        return f"({content.get('type')}: nested too deep to be shown)"
    return JsonText(text)


def _fits_in_a_page(content: Json) -> bool:
    try:
        render([[[[content]]]])
    except TypeError:
        return False
    return True
