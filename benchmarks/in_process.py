"""Asks an application in its own process, without sockets."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks.messages import CHATS, CONFIG, CONFIGS, ONE_PROBLEM, SIX_PROBLEMS
from benchmarks.speech_requests import LINES, body
from emulator.jsontext import JsonObject, render
from emulator.server import new_app
from emulator.settings import Settings

_HEADERS = [
    (b"host", b"127.0.0.1:8484"),
    (b"x-hume-api-key", b"profile"),
    (b"user-agent", b"hume/0.14.1"),
    (b"accept", b"*/*"),
    (b"content-type", b"application/json"),
]
_SAY = '{"type":"user_input","text":"What is the weather like in Berlin today?"}'


Ask = Callable[[int], Coroutine[Any, Any, None]]  # so often


class Asker:
    """Asks an application in its own process."""

    def __init__(self) -> None:
        self._app = new_app(Settings(audio_output=False))

    async def list_chats(self, times: int) -> None:
        for _ in range(times):
            await self._request("GET", CHATS, b"", 200)

    async def create_config(self, times: int) -> None:
        for number in range(times):
            body = render({**CONFIG, "name": f"Weather {time.perf_counter_ns()} {number}"})
            await self._request("POST", CONFIGS, body, 201)

    async def refuse_config(self, times: int) -> None:
        await self._refuse(ONE_PROBLEM, times)

    async def refuse_six_problems(self, times: int) -> None:
        """Refusals with all that is wrong, and the findings about them."""
        await self._refuse(SIX_PROBLEMS, times)
        await self._request("GET", "/_emulator/contract", b"", 200)

    async def _refuse(self, config: JsonObject, times: int) -> None:
        body = render(config)
        for _ in range(times):
            await self._request("POST", CONFIGS, body, 422)

    async def stream_speech(self, times: int) -> None:
        """Answers of a sentence each, as lines with PCM."""
        asked = render(body(100, "pcm"))
        for _ in range(times):
            await self._request("POST", LINES, asked, 200)

    async def simulate_chat(self, times: int) -> None:
        """Chats of one turn, each with its webhooks' payloads."""
        asked = render({"user": ["What is the weather like in Berlin today?"]})
        for _ in range(times):
            await self._request("POST", "/_emulator/simulate", asked, 200)

    async def begin_world(self, times: int) -> None:
        """Worlds that are made for a request, and forgotten."""
        for _ in range(times):
            await self.forget_world()
            await self._request("GET", CHATS, b"", 200)

    async def forget_world(self) -> None:
        await self._request("DELETE", "/_emulator/world", b"", 204)

    async def turn_of_a_chat(self, times: int) -> None:
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

        scope = _scope("websocket", "GET", "/v0/evi/chat")
        incoming.put_nowait({"type": "websocket.connect"})
        incoming.put_nowait({"type": "websocket.receive", "text": _SAY})
        chat = asyncio.create_task(self._app(scope, incoming.get, send))
        await ended.wait()
        incoming.put_nowait({"type": "websocket.disconnect", "code": 1000, "reason": ""})
        await chat

    async def _request(self, method: str, path: str, body: bytes, status: int) -> None:
        is_read = False

        async def receive() -> Any:
            nonlocal is_read
            if is_read:
                await asyncio.Event().wait()  # the client stays
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            assert message.get("status", status) == status

        await self._app(_scope("http", method, path), receive, send)


def _scope(kind: str, method: str, path: str) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": list(_HEADERS),
        "scheme": "http",
        "server": ("127.0.0.1", 8484),
    }
