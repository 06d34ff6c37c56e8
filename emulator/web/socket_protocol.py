"""A WebSocket's connection: uvicorn's, without limits of handshakes, and with cheaper frames."""

import logging
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.protocol import OPEN

from emulator.faults.sockets import frame_bytes

logger = logging.getLogger("emulator")

_IN_URLS = "".join(map(chr, range(0x21, 0x7F)))


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, without the limits that websockets sets for handshakes.

    It writes frames by itself, too, at a fifth of what it costs to let `websockets` make them.

    uvicorn passes on the handshake as text, which `websockets` reads again. What exceeds its limits
    (8 KB for a line, 128 headers, a body), uvicorn never answers. So `websockets` reads a bare
    handshake here, and the one that came takes its place.
    """

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated:
            super().data_received(data)
            return
        request_line, *self._headers = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
        method, self._path, _ = request_line.split(b" ")
        super().data_received(method + b" / HTTP/1.1\r\n\r\n")
        if not self.handshake_initiated:  # older releases of websockets read a GET alone
            self._headers = []  # without which it is refused
            self.handle_connect(Request("/", Headers()))
        if self.response.status_code != 101:
            path = self._path.partition(b"?")[0].decode("latin-1")
            logger.warning("WebSocket %s was answered %s", path, self.response.status_code)

    def handle_connect(self, event: Request) -> None:
        headers = Headers()
        for line in self._headers:
            name, _, value = line.partition(b": ")
            headers[name.decode("ascii")] = value.strip(b" \t").decode("latin-1")
        path = quote(self._path, safe=_IN_URLS)
        super().handle_connect(replace(event, path=path, headers=headers))

    async def send(self, message: Any) -> None:
        """Send a message of the application; a frame is written at once, if that is possible."""
        if message["type"] != "websocket.send" or not self._is_writable():
            await super().send(message)
            return
        text = message.get("text")
        self.transport.write(frame_bytes(message["bytes"] if text is None else text))

    def _is_writable(self) -> bool:
        is_open = self.conn.state is OPEN and not self.transport.is_closing()
        return is_open and self.writable.is_set() and not self.conn.extensions
