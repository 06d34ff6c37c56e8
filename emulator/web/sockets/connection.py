"""One open WebSocket: passes frames between the client and the API's peer."""

import asyncio
from typing import Any

from starlette.types import Message, Receive, Send

from emulator.sockets.outbound import Outbound
from emulator.sockets.socket import Peer
from emulator.web import bugs
from emulator.world.world import World

BUG, TOO_LARGE = 1011, 1009
_WITHOUT_CODE, _BROKEN = 1005, 1006
_STOPPING = 1012  # with which uvicorn closes all sockets when it stops
_GOODBYE_S = 1  # for a client to take what is left, when the server stops
_MOST_IN_A_TURN = 16  # messages without an answer that are taken before others have a turn


class Connection:
    """The connection of one client. Its peer is set before it runs."""

    peer: Peer

    def __init__(self, world: World, outbound: Outbound, name: str, max_frame_bytes: int) -> None:
        """Begin with the name of the socket, for the log."""
        self._max_frame_bytes = max_frame_bytes
        self._world = world
        self._journal = world.journal  # a reset gives the world another one
        self._outbound = outbound
        self._writing: asyncio.Task[None] | None = None
        self.name = name

    async def run(self, receive: Receive, send: Send) -> None:
        """Pass frames until either side closes, or the client turns out not to read."""
        with self._world.connected():
            await self._run(receive, send)

    async def _run(self, receive: Receive, send: Send) -> None:
        tasks: list[asyncio.Task[Any]] = []
        try:
            await send({"type": "websocket.accept"})
            self._outbound.open(receive, self.peer.fail, self.peer.hang_up)
            reader = asyncio.create_task(self._read(receive))
            self._writing = asyncio.create_task(self._outbound.write())
            tasks = [reader, self._writing]
            given_up = asyncio.create_task(self._outbound.given_up.wait())
            tasks.append(given_up)
            await asyncio.wait((reader, given_up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._outbound.leave()
            self.peer.leave()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._outbound.let_go()

    async def shut_down(self) -> None:
        """Let the peer end its session, and wait until the client has been sent the end."""
        try:
            self.peer.shut_down()
        except Exception as error:
            self.fail(error)
        if self._writing is not None and self._outbound.close_code is not None:
            await asyncio.wait([self._writing], timeout=_GOODBYE_S)

    async def _read(self, receive: Receive) -> None:
        taken = 0
        while (message := await receive())["type"] == "websocket.receive":
            self._take(message)
            taken += 1
            if self._outbound.is_waiting or taken % _MOST_IN_A_TURN == 0:
                await asyncio.sleep(0)  # the writer's turn, and that of other connections
        if message.get("code") == _STOPPING and "reason" not in message:
            self._outbound.close_code = self._outbound.close_code or _STOPPING
        by_server = self._outbound.close_code is not None
        # uvicorn gives a reason for a close, and none for a connection that broke
        gone = message.get("code", _WITHOUT_CODE) if "reason" in message else _BROKEN
        code = self._outbound.close_code if by_server else gone
        self._outbound.client_reason = "" if by_server else message.get("reason") or ""
        findings = self.peer.closed(code, by_server)
        self._outbound.note_end("out" if by_server else "in", findings, close=code)

    def _take(self, message: Message) -> None:
        is_text = message.get("text") is not None
        data = message.get("bytes") or b""
        if is_text:
            data = message["text"].encode(errors="surrogatepass")
        if len(data) > self._max_frame_bytes:
            self._outbound.close(TOO_LARGE)
            return
        try:
            if is_text:
                self.peer.receive_text(data)
            else:
                self.peer.receive_bytes(data)
        except Exception as error:
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Report a bug of the emulator, which ends the connection."""
        bug = bugs.report(error, f"{self.name} {self._outbound.chat_id}", self._world)
        bugs.note(bug, self._journal, self._outbound.chat_id)
        try:
            self.peer.crash()
        finally:
            self._outbound.close(BUG)
