"""A client of chats that costs little: it sends one text again and again, and cuts up frames."""

import asyncio
import time
from typing import Any

from benchmarks.servers import API_KEY, HOST
from emulator.jsontext import JsonObject, render

_HANDSHAKE = (
    f"GET /v0/evi/chat?api_key={API_KEY}%s HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n"
)
_FIRST = b'{"type":"chat_metadata"'
_LAST = b'{"type":"assistant_end"'
_TURN: JsonObject = {"type": "user_input", "text": "What is the weather like in Berlin today?"}
_TEXT_FRAME, _PING, _PONG, _MASKED = 0x81, 0x89, 0x8A, 0x80
_SHORT = 126  # what is shorter has its length in the second byte


def _frame(text: bytes, kind: int = _TEXT_FRAME) -> bytes:
    """A frame of a client, masked with zeros."""
    assert len(text) < _SHORT
    return bytes([kind, _MASKED | len(text)]) + bytes(4) + text


class ChatClient(asyncio.Protocol):
    """One connection; the chat has the config with this id, if one is named."""

    def __init__(self, config_id: str | None = None) -> None:
        self._query = "" if config_id is None else f"&config_id={config_id}"
        self._data = bytearray()
        self._open = False
        self._awaited = _FIRST
        self._frames: list[bytes] | None = None  # where they are kept, if they are
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.begun: asyncio.Future[None] = loop.create_future()  # the emulator's alone
        self._waiting = self.begun
        self._turn = _frame(render(_TURN))

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        transport.write((_HANDSHAKE % self._query).encode())

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open:
            self._take_handshake()
        while (text := self._next_text()) is not None:
            if self._frames is not None:
                self._frames.append(text)
            if text.startswith(self._awaited) and not self._waiting.done():
                self._waiting.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        for future in (self.opened, self._waiting):
            if not future.done():
                future.set_exception(error or RuntimeError("the server closed the chat"))

    def _take_handshake(self) -> None:
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if found:
            if b" 101 " not in head:
                raise RuntimeError(f"no WebSocket: {bytes(head)!r}")
            self._open, self._data = True, rest
            self.opened.set_result(None)

    def _next_text(self) -> bytes | None:
        """The text of the next frame, if it is whole; a ping is answered."""
        data = self._data
        if not self._open or len(data) < 2:
            return None
        size, begin = data[1], 2
        if size >= _SHORT:
            begin = 4 if size == _SHORT else 10
            size = int.from_bytes(data[2:begin])
        if len(data) < begin + size:
            return None
        kind, text = data[0], bytes(data[begin : begin + size])
        del data[: begin + size]
        if kind == _PING:
            self._transport.write(_frame(text, _PONG))
            return self._next_text()
        return text

    async def turn(self) -> list[str]:
        """Say something; the frames that come of it."""
        self._frames = []
        await self.say()
        frames, self._frames = self._frames, None
        return [frame.decode() for frame in frames]

    async def turns_until(self, deadline: float) -> int:
        """As many turns as there is time for, but one at least."""
        count = 0
        while not count or time.perf_counter() < deadline:
            await self.say()
            count += 1
        return count

    async def say(self) -> None:
        """Say something, and wait for the end of the answer."""
        self._awaited = _LAST
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(self._turn)
        await self._waiting

    def close(self) -> None:
        self._waiting.cancel()
        self._transport.close()


async def connect(port: int, config_id: str | None = None) -> ChatClient:
    """A client that has a WebSocket."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: ChatClient(config_id), HOST, port)
    await client.opened
    return client
