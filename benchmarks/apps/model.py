"""A language model that streams: `python -m benchmarks.apps.model PORT`.

A POST is answered with SENTENCES, token by token as an event stream, 20 of them a second.
"""

import asyncio
import sys
from typing import Any

import uvloop

from benchmarks.servers import CORES, HOST, use_cores
from emulator.jsontext import render

SENTENCES = (
    "It is cloudy in Berlin this morning.",
    "The sun comes out at noon, and it stays dry.",
    "Take a light jacket for the evening, when it gets cold.",
    "Tomorrow there will be rain, and wind from the west.",
    "After that it will be as warm as it was last week.",
)
PER_SECOND = 20
TOKENS = tuple(f"{word} " for sentence in SENTENCES for word in sentence.split())
LASTS_S = len(TOKENS) / PER_SECOND
ENDS_WITH = b"data: [DONE]\n\n"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(token: str) -> bytes:
    """Return a token as an event of the stream."""
    choice = {"index": 0, "delta": {"content": token}, "finish_reason": None}
    shown = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "tiny",
        "choices": [choice],
    }
    return b"data: " + render(shown) + b"\n\n"


def _in_chunk(text: bytes) -> bytes:
    return f"{len(text):x}\r\n".encode() + text + b"\r\n"


_TOKENS = [_in_chunk(event(token)) for token in TOKENS]
_LAST = _in_chunk(ENDS_WITH) + b"0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection, which is kept open: one question after the other."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._data = b""
        self._sent = 0
        self._asked_s = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith(b"POST"):
            self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            self._data = b""
        elif len(body) >= _length(head):
            self._data, self._sent, self._asked_s = b"", 0, self._loop.time()
            self._transport.write(_HEAD)
            self._plan()

    def _plan(self) -> None:
        self._loop.call_at(self._asked_s + (self._sent + 1) / PER_SECOND, self._speak)

    def _speak(self) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(_TOKENS[self._sent])
        self._sent += 1
        if self._sent < len(_TOKENS):
            self._plan()
        else:
            self._transport.write(_LAST)


def _length(head: bytes) -> int:
    """Return how many bytes the body of a request has."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def answer(port: int) -> None:
    """Answer until the process is told to stop."""
    use_cores(CORES[-1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, HOST, port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(answer(int(sys.argv[1])))
