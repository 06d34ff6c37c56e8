"""A server that answers calls: TwiML by path, and media streams, in the loop of the test."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import WSMsgType, web

from emulator.audio.mulaw import RATE, encode
from emulator.twilio.messages import Clear, Mark, Media, ToTwilio, to_json

Handler: TypeAlias = Callable[["Stream"], Awaitable[None]]
LOUD = encode(b"\x00\x20" * 160)  # 20 ms that can be heard


def sound(ms: int) -> bytes:
    """Return loud mu-law of that length."""
    return LOUD[:1] * (ms * RATE // 1000)


@dataclass(frozen=True)
class Posted:
    """A request, as it came."""

    method: str
    url: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass
class Stream:
    """The server's side of one media stream."""

    socket: web.WebSocketResponse
    headers: Mapping[str, str]
    path: str
    transport: asyncio.Transport | None = None
    received: list[dict[str, Any]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def close_code(self) -> int | None:
        return self.socket.close_code

    @property
    def sid(self) -> str:
        return str(next(m for m in self.received if m["event"] == "start")["streamSid"])

    def of(self, event: str) -> list[dict[str, Any]]:
        return [message for message in self.received if message["event"] == event]

    async def next(self) -> dict[str, Any] | None:
        """Return the next message; None once the stream has ended."""
        message = await self.socket.receive()
        if message.type is not WSMsgType.TEXT:
            return None
        content: dict[str, Any] = json.loads(message.data)
        self.received.append(content)
        return content

    async def until(self, event: str) -> dict[str, Any]:
        """Return the next message of that event."""
        while (message := await self.next()) is not None:
            if message["event"] == event:
                return message
        raise AssertionError(f"the stream has ended without {event}")

    async def until_silence(self) -> None:
        """Return once the caller has said something and is silent again."""
        said, silent = False, 0
        while (message := await self.next()) is not None:
            if message["event"] != "media":
                continue
            is_silent = set(message["media"]["payload"].rstrip("=")) <= set("/w")
            silent = silent + 1 if is_silent else 0
            if said and silent > 4:
                return
            said = said or not is_silent

    async def rest(self) -> None:
        """Read on until the stream has ended."""
        while await self.next() is not None:
            pass

    async def send(self, *messages: ToTwilio) -> None:
        for message in messages:
            await self.socket.send_json(to_json(message, self.sid))

    async def say(self, ms: int, mark: str = "") -> None:
        """Say something for a time, then set a mark."""
        await self.send(Media(sound(ms)), *([Mark(mark)] if mark else []))

    def abort(self) -> None:
        """Break the connection."""
        assert self.transport is not None
        self.transport.abort()

    async def close_without_code(self) -> None:
        """Send an empty close frame."""
        assert self.transport is not None
        self.transport.write(b"\x88\x00")
        await self.next()

    async def clear(self) -> None:
        await self.send(Clear())


class PhoneServer:
    """Answers each path with TwiML that was set for it; a stream is handled by `handler`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ws_url = url.replace("http", "ws", 1)
        self.documents: dict[str, str | web.Response | list[str]] = {}
        self.handlers: dict[str, Handler] = {}
        self.posted: list[Posted] = []
        self.streams: list[Stream] = []
        self.refuses_streams: int | None = None
        self.is_slow_to_open = False
        self.told: list[tuple[str, str, Any]] = []  # as an emulator: paths, keys and bodies
        self.is_emulator = False

    def twiml(self, path: str, *verbs: str) -> str:
        """Answer a path with verbs; return its URL."""
        self.documents[path] = f"<Response>{''.join(verbs)}</Response>".replace("WS:", self.ws_url)
        return self.url + path

    def of(self, path: str) -> list[Posted]:
        return [each for each in self.posted if each.url.partition("?")[0] == self.url + path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade"):
            return await self._stream(request)
        if self.is_emulator and request.path.startswith("/_emulator/"):
            key = request.headers["X-Hume-Api-Key"]
            self.told.append((request.path, key, await request.json()))
            return web.json_response({})
        fields = {str(name): str(value) for name, value in (await request.post()).items()}
        url = self.url + request.raw_path
        self.posted.append(Posted(request.method, url, fields, dict(request.headers)))
        found = self.documents.get(request.path)
        if isinstance(found, list):
            found = found.pop(0)
        if isinstance(found, str):
            return web.Response(text=found, content_type="text/xml")
        if found is None:
            return web.Response(status=404, text="nothing here")
        return found

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self.refuses_streams is not None:
            return web.Response(status=self.refuses_streams)
        if self.is_slow_to_open:
            await asyncio.Event().wait()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        stream = Stream(socket, dict(request.headers), request.raw_path, request.transport)
        self.streams.append(stream)
        try:
            with suppress(ConnectionError):
                await self.handlers[request.path](stream)
            await socket.close()
        finally:  # also if the connection breaks
            stream.ended.set()
        return socket


@asynccontextmanager
async def phone_server() -> AsyncIterator[PhoneServer]:
    """Serve on a free port of this machine, in this loop."""
    app = web.Application()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    server = PhoneServer("")
    app.router.add_route("*", "/{tail:.*}", server.answer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    server.ws_url = server.url.replace("http", "ws", 1)
    try:
        yield server
    finally:
        await runner.cleanup()
