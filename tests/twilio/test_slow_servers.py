"""Servers that take their time: a call does not wait for ever."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import ClientWebSocketResponse, web

from emulator.twilio import stream_socket
from emulator.twilio.order import Limits
from emulator.twilio.stream_socket import StreamSocket
from tests.twilio.calls import TestedCall, run
from tests.twilio.phone_server import PhoneServer
from tests.twilio.test_call import STREAM

LIMITS = Limits(request_s=0.1)


class Hanging(web.Response):
    """An answer that is begun and never ends."""

    async def prepare(self, request: web.BaseRequest) -> web.StreamResponse | None:  # type: ignore[override]
        await asyncio.Event().wait()
        return None


def test_twiml_that_does_not_come() -> None:
    """The call has failed after 15 s; here, earlier."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.documents["/"] = Hanging()
        record = await call.place("/", limits=LIMITS)
        assert record.status == "failed"
        assert record.problems == (f"{server.url}/ has not answered in 0.1 s",)

    run(test)


def test_a_websocket_that_does_not_open() -> None:
    """Is a problem, and the next verb runs."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM, "<Say>Sorry.</Say>")
        server.is_slow_to_open = True
        record = await call.place("/", limits=LIMITS)
        [problem] = record.problems
        assert problem.endswith("was not opened: it has not answered in 0.1 s")
        assert [line.text for line in record.lines] == ["Sorry."]

    run(test)


class Deaf:
    """A WebSocket whose server neither reads nor says anything."""

    def __init__(self) -> None:
        self.never = asyncio.Event()
        self._response = SimpleNamespace(connection=None)

    async def send_str(self, text: str) -> None:
        await self.never.wait()

    async def receive(self) -> None:
        await self.never.wait()


def test_a_server_that_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is cut off after a while, and the reason is kept."""
    monkeypatch.setattr(stream_socket, "_MOST_SENDING_S", 0.05)

    async def main() -> None:
        socket = StreamSocket(cast(ClientWebSocketResponse, Deaf()))
        await socket.send({})
        assert socket.is_closed
        assert socket.problem == "the server has read nothing for 0.05 s"

    asyncio.run(main())
