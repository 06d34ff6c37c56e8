"""A client of chats that costs little: it sends one text again and again."""

import asyncio
import time

from benchmarks.servers import API_KEY, HOST
from benchmarks.web_socket import WebSocketClient, frame
from emulator.jsontext import JsonObject, render

_FIRST = b'{"type":"chat_metadata"'
_LAST = b'{"type":"assistant_end"'
_TURN: JsonObject = {"type": "user_input", "text": "What is the weather like in Berlin today?"}


class ChatClient(WebSocketClient):
    """One connection; the chat has the config with this id, if one is named."""

    def __init__(self, config_id: str | None = None, api_key: str = API_KEY) -> None:
        query = "" if config_id is None else f"&config_id={config_id}"
        super().__init__(f"/v0/evi/chat?api_key={api_key}{query}")
        self._awaited = _FIRST
        self._frames: list[bytes] | None = None  # where they are kept, if they are
        self.begun: asyncio.Future[None] = (  # the emulator's alone
            asyncio.get_running_loop().create_future()
        )
        self._waiting = self.begun
        self._turn = frame(render(_TURN))

    def take(self, text: bytes) -> None:
        if self._frames is not None:
            self._frames.append(text)
        if text.startswith(self._awaited) and not self._waiting.done():
            self._waiting.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        if not self._waiting.done():
            self._waiting.set_exception(error or RuntimeError("the server closed the chat"))

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
        self.send(self._turn)
        await self._waiting

    def close(self) -> None:
        self._waiting.cancel()
        super().close()


async def connect(port: int, config_id: str | None = None) -> ChatClient:
    """A client that has a WebSocket."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: ChatClient(config_id), HOST, port)
    await client.opened
    return client
