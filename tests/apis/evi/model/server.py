"""A server of a custom language model, which answers to order and remembers what it was asked."""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import WSMsgType, web

PATIENCE_S = 10  # no test waits that long unless it is about to fail


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any

    @property
    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.body["messages"]
        return found

    @property
    def texts(self) -> list[tuple[str, Any]]:
        return [(each["role"], each["content"]) for each in self.messages]


@dataclass
class Answer:
    """What the server answers: pieces of a body, and how."""

    pieces: tuple[bytes, ...] = ()
    status: int = 200
    content_type: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False  # the connection breaks after the pieces
    holds: bool = False  # it stays open after the pieces, until the caller leaves


Then: TypeAlias = Answer | list[dict[str, Any]]  # a list is what a WebSocket answers


def chunk(content: str | None = None, **more: Any) -> bytes:
    """Return one event with a chunk."""
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": {**delta, **more.pop("delta", {})}}
    if "finish" in more:
        choice["finish_reason"] = more.pop("finish")
    shown = {"id": "1", "object": "chat.completion.chunk", "choices": [choice], **more}
    return f"data: {json.dumps(shown)}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def words(*texts: str, **more: Any) -> Answer:
    """Return an answer of these words, chunk by chunk."""
    return Answer((*(chunk(text, **more) for text in texts), DONE))


def tool(name: str, arguments: str) -> Answer:
    """Return an answer that calls a tool, whose arguments come in two parts."""
    half = len(arguments) // 2
    call = {"index": 0, "id": "c1", "type": "function"}
    first = {**call, "function": {"name": name, "arguments": arguments[:half]}}
    second = {"index": 0, "function": {"arguments": arguments[half:]}}
    return Answer(
        (
            chunk(delta={"tool_calls": [first]}),
            chunk(delta={"tool_calls": [second]}, finish="tool_calls"),
            DONE,
        )
    )


class ModelServer:
    """Answers one request after the other with what was set; without that, with "Yes."."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: deque[Then] = deque()
        self.left = 0  # callers that went before their answer was complete
        self.sockets = 0
        self.redirects_sockets_to: str | None = None
        self.url = ""
        self.ws_url = ""
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def answer(self, *answers: Then) -> None:
        self.answers.extend(answers)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something was asked, or somebody left."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S)

    def wait_for_asked(self, count: int) -> list[Asked]:
        self.wait(lambda: len(self.asked) >= count)
        return self.asked

    def _note(self, change: Callable[[], None]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _leave(self) -> None:
        self.left += 1

    def _connect(self) -> None:
        self.sockets += 1

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked = Asked(request.path, dict(request.query), dict(request.headers), body)
        self._note(lambda: self.asked.append(asked))
        then = self.answers.popleft() if self.answers else words("Yes.")
        assert isinstance(then, Answer)
        headers = {"Content-Type": then.content_type, **then.headers}
        answer = web.StreamResponse(status=then.status, headers=headers)
        await answer.prepare(request)
        try:
            for piece in then.pieces:
                await answer.write(piece)
            if then.holds:
                await asyncio.sleep(PATIENCE_S)
        except (asyncio.CancelledError, ConnectionError):
            self._note(self._leave)
            raise
        if then.cut:
            assert request.transport is not None
            request.transport.abort()
        return answer

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        if self.redirects_sockets_to is not None:
            raise web.HTTPFound(self.redirects_sockets_to)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._note(self._connect)
        async for message in socket:
            if message.type != WSMsgType.TEXT:
                break
            body = json.loads(message.data)
            asked = Asked(request.path, dict(request.query), dict(request.headers), body)
            self._note(lambda asked=asked: self.asked.append(asked))  # type: ignore[misc]
            default = [{"type": "assistant_input", "text": "Yes."}, {"type": "assistant_end"}]
            then = self.answers.popleft() if self.answers else default
            assert isinstance(then, list)
            for each in then:
                if each.get("type") == "close":
                    await socket.close(code=int(each["code"]))
                    return socket
                await socket.send_json(each)
        self._note(self._leave)
        return socket

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{tail:.*}", self._complete)
        app.router.add_get("/{tail:.*}", self._talk)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/v1/chat/completions"
        self.ws_url = f"ws://127.0.0.1:{port}/ws"
        return runner

    @contextmanager
    def serving(self) -> Iterator["ModelServer"]:
        """Serve, in a thread."""
        self._thread.start()
        runner = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(PATIENCE_S)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), self._loop).result(PATIENCE_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE_S)
            self._loop.close()
