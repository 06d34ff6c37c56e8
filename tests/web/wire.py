"""Connections on which bytes are looked at one by one, and what the server says of them."""

import json
import logging
import re
import socket
from base64 import b64encode
from typing import Any
from urllib.parse import urlsplit

import pytest

PATIENCE_S = 10
_MASK = b"mask"
_TWO_BYTES, _EIGHT_BYTES = 126, 127
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


def errors_logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged as an error while the test ran, as far as the server shows it."""
    records = caplog.get_records("call")
    messages = [each.getMessage() for each in records if each.levelno >= logging.ERROR]
    return [each for each in messages if "without completing handshake" not in each]


class Wire:
    """A connection to a server, and all that came through it."""

    def __init__(self, url: str, api_key: str) -> None:
        self._api_key = api_key
        address = urlsplit(url)
        assert address.hostname is not None
        place = (address.hostname, address.port or 0)
        self.socket = socket.create_connection(place, timeout=PATIENCE_S)
        self.pieces: list[bytes] = []
        self.was_reset = False

    def send(self, data: bytes) -> "Wire":
        self.socket.sendall(data)
        return self

    def read(self) -> "Wire":
        """All that comes until the connection ends. Raises TimeoutError if it does not."""
        with self.socket:
            try:
                while piece := self.socket.recv(65_536):
                    self.pieces.append(piece)
            except ConnectionResetError:
                self.was_reset = True
        return self

    def read_until(self, text: bytes) -> "Wire":
        """Until that has come; what has come by then is enough."""
        while text not in self.came:
            piece = self.socket.recv(65_536)
            assert piece, f"the connection ended before {text!r} came"
            self.pieces.append(piece)
        return self

    @property
    def came(self) -> bytes:
        return b"".join(self.pieces)

    # HTTP

    def ask(self, method: str, path: str, body: Any = None) -> "Wire":
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: emulator\r\nConnection: close\r\n"
            f"X-Hume-Api-Key: {self._api_key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        return self.send(head.encode() + content)

    @property
    def head(self) -> str:
        return self.came.partition(b"\r\n\r\n")[0].decode()

    @property
    def body(self) -> bytes:
        return self.came.partition(b"\r\n\r\n")[2]

    @property
    def promised(self) -> int:
        """The length that the head names."""
        [length] = re.findall(r"(?i)content-length: (\d+)", self.head)
        return int(length)

    # WebSockets

    def upgrade(self, path: str) -> "Wire":
        """Through the handshake, until the first frame has begun."""
        key = b64encode(b"sixteen bytes...").decode()
        head = (
            f"GET {path} HTTP/1.1\r\nHost: emulator\r\nX-Hume-Api-Key: {self._api_key}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n"
        )
        self.send(head.encode()).read_until(b"\r\n\r\n")
        assert self.head.startswith("HTTP/1.1 101"), self.head
        return self

    def say(self, text: str) -> "Wire":
        """A message of the user."""
        return self.send(frame(json.dumps({"type": "user_input", "text": text}).encode()))

    @property
    def frames(self) -> list[tuple[int, bytes]]:
        """The whole frames that came: the opcode and the content of each."""
        return parse_frames(self.body)[0]

    @property
    def rest(self) -> bytes:
        """What came of a frame after those."""
        return parse_frames(self.body)[1]


def frame(content: bytes, opcode: int = TEXT, final: bool = True) -> bytes:
    """A frame of a client (RFC 6455, 5.2)."""
    first, size = opcode | (0x80 if final else 0), len(content)
    if size < _TWO_BYTES:
        head = bytes([first, 0x80 | size])
    elif size <= 0xFFFF:
        head = bytes([first, 0x80 | _TWO_BYTES]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, 0x80 | _EIGHT_BYTES]) + size.to_bytes(8, "big")
    masked = bytes(byte ^ _MASK[index % 4] for index, byte in enumerate(content))
    return head + _MASK + masked


def parse_frames(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The whole frames of a server at the beginning of some bytes, and what is left."""
    frames = []
    while len(data) > 1:
        size, begin = data[1] & 0x7F, 2
        if size >= _TWO_BYTES:
            begin += 2 if size == _TWO_BYTES else 8
            if len(data) < begin:
                break
            size = int.from_bytes(data[2:begin], "big")
        if len(data) < begin + size:
            break
        frames.append((data[0] & 0x0F, data[begin : begin + size]))
        data = data[begin + size :]
    return frames, data
