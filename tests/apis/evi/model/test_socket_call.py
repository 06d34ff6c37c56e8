"""A language model's WebSocket, with a connection that is slow to take what is sent."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import WSMsgType

from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import Failed, Over, Reply, Words
from emulator.apis.evi.model.report import Report
from emulator.apis.evi.model.socket_call import ModelSocket
from emulator.apis.evi.model.source import ModelSource
from emulator.outgoing.http_client import HttpClient


class SlowSocket:
    """A connection whose first frame is sent, but stays in the way until `passes` is set."""

    def __init__(self) -> None:
        self.passes, self.sent = asyncio.Event(), asyncio.Event()
        self.coming: asyncio.Queue[Any] = asyncio.Queue()

    async def ws_connect(self, *_: Any, **__: Any) -> "SlowSocket":
        return self

    async def send_str(self, text: str) -> None:
        self.sent.set()
        await self.passes.wait()

    async def receive(self, timeout_s: float) -> Any:
        return await self.coming.get()

    def answer(self, text: str) -> None:
        for each in ({"type": "assistant_input", "text": text}, {"type": "assistant_end"}):
            frame = SimpleNamespace(type=WSMsgType.TEXT, data=json.dumps(each))
            self.coming.put_nowait(frame)


async def ask(model: ModelSocket, timeout_s: float = 10) -> list[Reply]:
    source = ModelSource("ws://127.0.0.1/", timeout_s=cast(int, timeout_s))
    question = Question("1", 1, source, {"messages": []})
    heard: list[Reply] = []
    await model.ask(question, Report("c", question, source.url), heard.append)
    return heard


def new_model(socket: SlowSocket) -> ModelSocket:
    return ModelSocket(cast(HttpClient, SimpleNamespace(session=lambda: socket)))


def test_an_interruption_while_a_question_is_sent() -> None:
    """Its answer is not taken for that to the next question."""

    async def test() -> None:
        socket = SlowSocket()
        model = new_model(socket)
        first = asyncio.ensure_future(ask(model))
        await socket.sent.wait()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        socket.passes.set()
        socket.answer("Old.")
        socket.answer("New.")
        assert await ask(model) == [Words("New. "), Over()]

    asyncio.run(test())


def test_a_server_that_reads_nothing() -> None:
    """It has failed once the time is over."""

    async def test() -> None:
        [failure] = await ask(new_model(SlowSocket()), timeout_s=0.01)
        assert isinstance(failure, Failed)
        assert failure.slug == "custom_language_model_timed_out"

    asyncio.run(asyncio.wait_for(test(), 10))
