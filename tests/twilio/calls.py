"""Calls on a manual clock, to a server of the test."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from emulator.clock import ManualClock
from emulator.hosts import MODEL_SCHEMES, call_problem
from emulator.ids import IdSource
from emulator.outgoing.http_client import HttpClient
from emulator.twilio.call import place_call
from emulator.twilio.events import CallEvent
from emulator.twilio.order import CallOrder, Say, Step
from emulator.twilio.posting import Urls
from emulator.twilio.record import CallRecord
from emulator.twilio.services import CallServices
from tests.twilio.moved_time import MovedTime
from tests.twilio.phone_server import PhoneServer, phone_server

NOW_MS = 1_780_000_000_000
PATIENCE_S = 30  # no test waits that long unless it is about to fail


class TestedCall:
    """Places calls to one server, and remembers what was told about them."""

    __test__ = False

    def __init__(self, server: PhoneServer) -> None:
        self.server = server
        self.events: list[CallEvent] = []
        self.announced: list[tuple[str, str]] = []
        self.clock = ManualClock(NOW_MS)
        self.map: Callable[[str], str] = lambda url: url

    def services(self, client: HttpClient) -> CallServices:
        return CallServices(
            client=client,
            time=MovedTime(self.clock, self.clock.move_to),
            urls=Urls(lambda url: call_problem(url, MODEL_SCHEMES, [], False), self.map),
            announce=self._announce,
            watch=self.events.append,
            ids=IdSource(1),
        )

    async def place(self, path: str = "/", *steps: str | Step, **more: Any) -> CallRecord:
        """Call a path of the server, or a URL; texts are said in turn."""
        url = path if "://" in path else self.server.url + path
        taken: Sequence[Step] = [Say(each) if isinstance(each, str) else each for each in steps]
        client = HttpClient()
        try:
            order = CallOrder(url=url, steps=taken, **more)
            return await place_call(order, self.services(client))
        finally:
            await client.close()

    def of(self, kind: str) -> list[CallEvent]:
        return [event for event in self.events if event.kind == kind]

    async def _announce(self, call_sid: str, text: str) -> None:
        self.announced.append((call_sid, text))


def run(test: Callable[[TestedCall, PhoneServer], Awaitable[None]]) -> None:
    """Run a test with a server, in a loop of its own."""

    async def main() -> None:
        async with phone_server() as server:
            await test(TestedCall(server), server)

    asyncio.run(asyncio.wait_for(main(), PATIENCE_S))
