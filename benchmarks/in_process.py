"""Asks an application in its own process, without sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.messages import CHATS, CONFIG, CONFIGS, ONE_PROBLEM, SIX_PROBLEMS
from benchmarks.speech_requests import LINES, body
from emulator.jsontext import JsonObject, kept, render
from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App

_HEADERS = [
    (b"host", b"127.0.0.1:8484"),
    (b"user-agent", b"hume/0.14.1"),
    (b"accept", b"*/*"),
    (b"content-type", b"application/json"),
]
_SAY = '{"type":"user_input","text":"What is the weather like in Berlin today?"}'


Ask = Callable[[int], Coroutine[Any, Any, None]]  # so often


@asynccontextmanager
async def living(app: App) -> AsyncIterator[None]:
    """Let an application begin and end as under a server."""
    messages: asyncio.Queue[Any] = asyncio.Queue()
    messages.put_nowait({"type": "lifespan.startup"})
    begun = asyncio.Event()

    async def send(message: Any) -> None:
        begun.set()

    life = asyncio.create_task(app({"type": "lifespan"}, messages.get, send))
    await begun.wait()
    yield
    messages.put_nowait({"type": "lifespan.shutdown"})
    await life


class Asker:
    """Asks an application in its own process, with one key."""

    def __init__(self, app: App | None = None, key: str = "profile") -> None:
        self._app = app or new_app(Settings(audio_output=False))
        self._key = key.encode()

    async def list_chats(self, times: int) -> None:
        for _ in range(times):
            await self.request("GET", CHATS, b"", 200)

    async def create_config(self, times: int) -> None:
        for number in range(times):
            body = render({**CONFIG, "name": f"Weather {time.perf_counter_ns()} {number}"})
            await self.request("POST", CONFIGS, body, 201)

    async def refuse_config(self, times: int) -> None:
        await self._refuse(ONE_PROBLEM, times)

    async def refuse_six_problems(self, times: int) -> None:
        """Refusals with all that is wrong, and the findings about them."""
        await self._refuse(SIX_PROBLEMS, times)
        await self.request("GET", "/_emulator/contract", b"", 200)

    async def _refuse(self, config: JsonObject, times: int) -> None:
        body = render(config)
        for _ in range(times):
            await self.request("POST", CONFIGS, body, 422)

    async def stream_speech(self, times: int) -> None:
        """Answers of a sentence each, as lines with PCM."""
        asked = render(body(100, "pcm"))
        for _ in range(times):
            await self.request("POST", LINES, asked, 200)

    async def simulate_chat(self, times: int) -> None:
        """Chats of one turn, each with its webhooks' payloads."""
        asked = render({"user": ["What is the weather like in Berlin today?"]})
        for _ in range(times):
            await self.request("POST", "/_emulator/simulate", asked, 200)

    async def begin_world(self, times: int) -> None:
        """Worlds that are made for a request, and forgotten."""
        for _ in range(times):
            await self.forget_world()
            await self.request("GET", CHATS, b"", 200)

    async def forget_world(self) -> None:
        await self.request("DELETE", "/_emulator/world", b"", 204)

    async def turn_of_a_chat(self, times: int, query: str = "") -> None:
        """Turns of text in one chat, one after the other."""
        incoming: asyncio.Queue[Any] = asyncio.Queue()
        ended = asyncio.Event()
        left = times

        async def send(message: Any) -> None:
            nonlocal left
            if message.get("text", "").startswith('{"type":"assistant_end"'):
                left -= 1
                if left:
                    incoming.put_nowait({"type": "websocket.receive", "text": _SAY})
                else:
                    ended.set()

        scope = self._scope("websocket", "GET", f"/v0/evi/chat?{query}")
        incoming.put_nowait({"type": "websocket.connect"})
        incoming.put_nowait({"type": "websocket.receive", "text": _SAY})
        chat = asyncio.create_task(self._app(scope, incoming.get, send))
        await ended.wait()
        incoming.put_nowait({"type": "websocket.disconnect", "code": 1000, "reason": ""})
        await chat

    async def request(self, method: str, path: str, body: bytes, status: int) -> bytes:
        """Return the body of the answer, which must have that status."""
        is_read, pieces = False, []

        async def receive() -> Any:
            nonlocal is_read
            if is_read:
                await asyncio.Event().wait()  # the client stays
            is_read = True
            return {"type": "http.request", "body": kept(body), "more_body": False}

        async def send(message: Any) -> None:
            assert message.get("status", status) == status
            pieces.append(message.get("body", b""))

        await self._app(self._scope("http", method, path), receive, send)
        return b"".join(pieces)

    def _scope(self, kind: str, method: str, path: str) -> dict[str, Any]:
        path, _, query = path.partition("?")
        return {
            "type": kind,
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [*_HEADERS, (b"x-hume-api-key", self._key)],
            "scheme": "http",
            "server": ("127.0.0.1", 8484),
        }
