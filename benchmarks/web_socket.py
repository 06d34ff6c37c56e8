"""A cheap client of WebSockets: it writes frames that are ready, and cuts up what comes."""

import asyncio
from typing import Any

from benchmarks.servers import HOST

HANDSHAKE = (
    f"GET %s HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n%s\r\n"
)
BINARY_FRAME = 0x82
_TEXT_FRAME, _PING, _PONG, _MASKED = 0x81, 0x89, 0x8A, 0x80
_SHORT, _TWO_BYTES = 126, 65_536  # what is shorter has its length in one byte, or in two more


def frame(text: bytes, kind: int = _TEXT_FRAME) -> bytes:
    """A frame of a client, masked with zeros."""
    size = len(text)
    assert size < _TWO_BYTES
    if size < _SHORT:
        return bytes([kind, _MASKED | size]) + bytes(4) + text
    return bytes([kind, _MASKED | _SHORT]) + size.to_bytes(2) + bytes(4) + text


class WebSocketClient(asyncio.Protocol):
    """One connection to a path. A subclass takes the content of each frame."""

    def __init__(self, path: str, headers: str = "") -> None:
        """Begin with further lines of the handshake, each with its end."""
        self._path = path
        self._headers = headers
        self._data = bytearray()
        self._open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self, text: bytes) -> None:
        """Take what a frame says."""

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        transport.write((HANDSHAKE % (self._path, self._headers)).encode())

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open:
            self._take_handshake()
        while (text := self._next_text()) is not None:
            self.take(text)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or RuntimeError("the server closed the connection"))

    def send(self, ready: bytes) -> None:
        """Write what `frame` has made."""
        self._transport.write(ready)

    def close(self) -> None:
        self._transport.close()

    def _take_handshake(self) -> None:
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if found:
            if b" 101 " not in head:
                self.opened.set_exception(RuntimeError(f"no WebSocket: {bytes(head)!r}"))
                self._transport.close()
                return
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
            self._transport.write(frame(text, _PONG))
            return self._next_text()
        return text
