"""The sender by itself: how many requests are under way at once."""

import asyncio
from functools import partial

import pytest

from emulator.outgoing import sender
from emulator.outgoing.outbox import WebhookRequest, WebhookResult
from emulator.outgoing.sender import MOST_PER_RECEIVER, Sender

URL = "http://127.0.0.1:9"
GOOD = WebhookResult(200, None, 0)
_ROUNDS = 30  # of the loop, in which whatever can begin begins


class Waiting(Sender):
    """Sends nothing: each request is under way until all are answered."""

    def __init__(self) -> None:
        super().__init__(timeout_s=5)
        self.under_way: list[WebhookRequest] = []
        self.answered = asyncio.Event()

    async def _post(self, request: WebhookRequest) -> WebhookResult:
        self.under_way.append(request)
        await self.answered.wait()
        return GOOD


async def begin() -> None:
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


def test_a_receiver_gets_few_requests_of_a_world_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others wait for an answer; another world and another receiver don't."""
    monkeypatch.setattr(sender, "_HANGING_S", 60)

    async def run() -> None:
        sending, results = Waiting(), list[WebhookResult]()
        send = partial(WebhookRequest, headers={}, body=b"")
        many = [send(f"{URL}/{number}", sender="a") for number in range(3 * MOST_PER_RECEIVER)]
        others = [send(f"{URL}/hook", sender="b"), send("http://127.0.0.1:10/hook", sender="a")]
        for request in (*many, *others):
            sending(request, results.append)
        await begin()
        assert sending.under_way == [*many[:MOST_PER_RECEIVER], *others]

        sending.answered.set()
        await begin()
        assert sending.under_way == [*many[:MOST_PER_RECEIVER], *others, *many[MOST_PER_RECEIVER:]]
        assert results == [GOOD] * (len(many) + len(others))
        await sending.close()

    asyncio.run(asyncio.wait_for(run(), 30))
