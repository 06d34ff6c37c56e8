"""The chat over WebSocket, and the control plane's (docs/protocol.md)."""

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.types import Message, Receive, Scope, Send

from emulator.contract.ledger import Contract
from emulator.contract.requests import with_refusals
from emulator.errors import (
    CHAT_ID_MISSING,
    CHAT_NOT_FOUND,
    CHAT_NOT_LIVE,
    CONNECTION_REFUSED,
    NO_WEBSOCKET,
    TOO_MANY_CHATS,
    ApiError,
    api_error,
    path_not_found,
)
from emulator.jsontext import Json, JsonTextError, parse
from emulator.openapi.hints import CHATS_ARE_AT, path_hint
from emulator.web import bugs
from emulator.web.auth import Auth
from emulator.web.denial import deny_upgrade
from emulator.web.short_circuit import fault_answer
from emulator.web.sockets.handshake import Handshake
from emulator.web.sockets.outbound import LONGEST_SHOWN, NORMAL_CLOSE, Outbound, shown
from emulator.world.world import World

if TYPE_CHECKING:
    from emulator.apis.evi.chat.live import LiveChat

_CHAT = re.compile("/v0/evi/chat")
_CONNECT = re.compile("/v0/evi/chat/([^/]+)/connect/?")
_NO_ID = re.compile("/v0/evi/chat/|/v0/evi/chat/connect/?")
_ENDS = ("/chat", "/chat/", "/connect", "/connect/")
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

    def __init__(self, auth: Auth, strangers: Contract) -> None:
        """`strangers` has what is found about callers without a world."""
        self._auth = auth
        self._strangers = strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = api_error(NO_WEBSOCKET, path=scope["path"])
            headers = {"Upgrade": "websocket"}
            await JSONResponse(refusal.body, refusal.status, headers)(scope, receive, send)
            return
        await receive()  # websocket.connect
        handshake = Handshake(scope, self._strangers)
        try:
            socket = self._open(scope, send, handshake)
        except ApiError as error:
            handshake.refuse(error)
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
            world = self._auth.world_of_handshake(dict(scope["headers"]), scope["query_string"])
        bug = bugs.report(error, f"WebSocket {scope['path']}", world)
        if world is not None:
            bugs.note(bug, world.journal)
        return bug

    def _open(self, scope: Scope, send: Send, handshake: Handshake) -> "Socket":
        """The socket, ready to run. Raises ApiError for a handshake that is to be refused."""
        headers = dict(scope["headers"])
        handshake.world = world = self._auth.world_of_handshake(headers, scope["query_string"])
        path = _normal(scope["path"])
        if _CHAT.fullmatch(path):
            handshake.judge("chat")
            refuse_upgrade(world, None)
            return _open_chat(world, handshake, send)
        joined = _CONNECT.fullmatch(path)
        if joined is not None:
            handshake.judge("connect")
            refuse_upgrade(world, joined[1].lower())
            return _join_chat(world, joined[1].lower(), handshake, send)
        if _NO_ID.fullmatch(path):
            raise api_error(CHAT_ID_MISSING, path=scope["path"])
        raise path_not_found("WebSocket", scope["path"], path_hint(path) or CHATS_ARE_AT)


def _open_chat(world: World, handshake: Handshake, send: Send) -> "Socket":
    # imported when the first chat comes, since pydantic's models cost 0.1 s
    from emulator.apis.evi.chat.opening import refuse_chat, start_chat
    from emulator.apis.evi.chat_query import read_chat_query

    limit = world.settings.max_chats
    if limit is not None and len(world.live) >= limit:
        raise api_error(TOO_MANY_CHATS, limit=limit)
    query = read_chat_query(handshake.query_string)
    handshake.accept()
    outbound = Outbound(send, world)
    try:
        live = start_chat(world, query.to_options(), outbound.put)
    except ApiError as error:
        outbound.put([refuse_chat(world, error)])
        outbound.close(NORMAL_CLOSE)
        return Socket(None, outbound)
    return Socket(live, outbound)


def _join_chat(world: World, chat_id: str, handshake: Handshake, send: Send) -> "Socket":
    live = world.live.get(chat_id)
    if live is None:
        known = world.store.chats.find_chat(chat_id) is not None
        raise api_error(CHAT_NOT_LIVE if known else CHAT_NOT_FOUND, id=chat_id)
    if not live.allows_connection:
        raise api_error(CONNECTION_REFUSED, id=chat_id)
    handshake.accept()
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

    def __init__(self, live: "LiveChat | None", outbound: Outbound, joined: bool = False) -> None:
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
            self._outbound.let_go()

    async def _read(self, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            self._take(message)
            await asyncio.sleep(0)  # the writer's turn
        by_server = self._outbound.close_code is not None
        # uvicorn gives a reason for a close, and none for a connection that broke
        gone = message.get("code", 1005) if "reason" in message else 1006
        code = self._outbound.close_code if by_server else gone
        self._end(code, by_server)

    def _end(self, code: int | None, by_server: bool) -> None:
        """Tell the journal, and what the client leaves open."""
        live, outbound = self._live, self._outbound
        status, calls = None, dict[str, str]()
        if live is not None:
            if not self._joined:
                live.end()
            status, calls = live.session.status, live.session.assistant.calls
        findings = outbound.contract.end(code, by_server, status, calls)
        outbound.note_end("out" if by_server else "in", findings, close=code)

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
        findings = self._outbound.contract.hear(data)
        self._outbound.note_audio({"type": "audio", "bytes": len(data)}, data, findings)
        live.hear_audio(data, self._outbound.put, self._joined)

    def _take_text(self, live: "LiveChat", text: bytes) -> None:
        try:
            content = parse(text)
        except JsonTextError as error:
            broken = self._outbound.contract.receive_broken(error.message)
            self._outbound.note("in", text[:LONGEST_SHOWN], broken)
            live.refuse(self._outbound.put, "invalid_json", error.message)
            return
        assistant = live.session.assistant
        findings = self._outbound.contract.receive(
            content, assistant.calls, assistant.dropped_calls
        )
        refused, problem = self._outbound.contract.refuse(findings)
        found = with_refusals(findings, refused)
        if _is_audio(content) and not refused:
            self._outbound.note_audio(shown(content, text), content["data"], found)
        else:
            self._outbound.note("in", shown(content, text), found)
        if refused:
            live.refuse(self._outbound.put, "payload_parse", problem)
        else:
            live.receive_frame(content, self._outbound.put, self._joined)

    def _leave(self) -> None:
        self._outbound.leave()
        if self._live is None:
            return
        self._live.leave(self._outbound.put)
        if not self._joined:
            self._live.end()


def _is_audio(content: Json) -> bool:
    """True if a message of the client brings sound."""
    is_message = isinstance(content, dict) and content.get("type") == "audio_input"
    return is_message and isinstance(content.get("data"), str)
