"""Small language models that are checked, in the loop of the check."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeAlias

from aiohttp import WSMsgType, web
from aiohttp.typedefs import Handler

from emulator.apis.evi.model.check.checker import check
from emulator.apis.evi.model.check.results import CaseResult, CheckReport
from emulator.settings import Settings

Body: TypeAlias = dict[str, Any]
Lines: TypeAlias = Callable[[Body, web.Request], AsyncIterator[str]]
STREAM = "text/event-stream"
PATH = "/chat/completions"


def chunk(delta: Body, **more: Any) -> str:
    """An event with one chunk."""
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta}], **more})}\n\n"


async def hello(body: Body, request: web.Request) -> AsyncIterator[str]:
    """A good answer."""
    yield chunk({"content": "Hello "})
    yield chunk({"content": "there."})
    yield "data: [DONE]\n\n"


def streaming(lines: Lines, media_type: str = STREAM) -> Handler:
    """A server that answers with these lines."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        response = web.StreamResponse(headers={"Content-Type": media_type})
        await response.prepare(request)
        async for line in lines(body, request):
            await response.write(line.encode())
        return response

    return answer


def refusing(status: int, wanted: Callable[[Body], bool]) -> Handler:
    """A server that refuses some questions."""
    good = streaming(hello)

    async def answer(request: web.Request) -> web.StreamResponse:
        if wanted(await request.json()):
            return web.Response(status=status, text=f"refused: {status}")
        return await good(request)

    return answer


Talking: TypeAlias = Callable[[web.WebSocketResponse, Body], Awaitable[None]]


def talking(talk: Talking) -> Handler:
    """A server that is asked by WebSocket."""

    async def answer(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            await talk(socket, json.loads(message.data))
            if socket.closed:
                break
        return socket

    return answer


def checked(
    handler: Handler,
    names: Sequence[str] | None = None,
    key: str | None = None,
    form: str = "http",
    path: str = PATH,
    **settings: Any,
) -> CheckReport:
    """Serve the handler at every path, and check it."""

    async def run() -> CheckReport:
        async with serving(handler) as address:
            url = f"{form}://{address}{path}"
            return await check(url, Settings(**settings), key, names)

    return asyncio.run(run())


@asynccontextmanager
async def serving(handler: Handler) -> AsyncGenerator[str, None]:
    """Serve the handler at every path; yield host and port."""
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextmanager
def served(handler: Handler) -> Iterator[str]:
    """Serve the handler from a thread, as another process would; yield host and port."""
    started, addresses = threading.Event(), list[str]()
    loop, over = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with serving(handler) as address:
            addresses.append(address)
            started.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert started.wait(10)
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def result(handler: Handler, name: str, **options: Any) -> CaseResult:
    """The result of one case."""
    [found] = checked(handler, [name], **options).results
    return found
