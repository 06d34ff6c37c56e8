"""A bare client of a language model that streams: it asks, and looks for the end of the answer."""

import asyncio
from typing import Any

from benchmarks.apps.model import ENDS_WITH
from benchmarks.servers import HOST
from emulator.jsontext import JsonObject, render

_QUESTION: JsonObject = {
    "messages": [{"role": "user", "content": "What is the weather like in Berlin today?"}],
    "stream": True,
}
_END = ENDS_WITH + b"\r\n0\r\n\r\n"


class ModelClient(asyncio.Protocol):
    """One connection, which is kept open."""

    def __init__(self) -> None:
        body = render(_QUESTION)
        head = f"POST /chat/completions HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}"
        self._request = head.encode() + b"\r\n\r\n" + body
        self._tail = b""
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport

    def data_received(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-len(_END) :]
        if self._tail == _END and not self._answered.done():
            self._answered.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(error or RuntimeError("the model hung up"))

    async def say(self) -> None:
        """Ask, and wait for the whole answer."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(self._request)
        await self._answered

    def close(self) -> None:
        self._answered.cancel()
        self._transport.close()


async def connect(port: int) -> ModelClient:
    """Return a client that is connected."""
    _, client = await asyncio.get_running_loop().create_connection(ModelClient, HOST, port)
    return client
