"""Long answers of the emulator's own routes leave turns to other clients."""

import asyncio
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.control import turns
from tests.journal.made import http_entry

KEY = {"X-Hume-Api-Key": "k"}
MANY = 30


def test_others_have_turns_between_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """All items come, in order, and who waits goes on before the last is made."""
    monkeypatch.setattr(turns, "TURN_S", -1)
    seen = list[int]()

    async def watch(made: list[int]) -> None:
        await asyncio.sleep(0)
        seen.append(len(made))

    async def both() -> list[int]:
        made = list[int]()

        def make(number: int) -> int:
            made.append(number)
            return number

        items, _ = await asyncio.gather(turns.in_turns(map(make, range(MANY))), watch(made))
        return items

    assert asyncio.run(both()) == list(range(MANY))
    assert 0 < seen[0] < MANY


def test_few_items_take_one_turn() -> None:
    with pytest.raises(StopIteration) as done:
        turns.in_turns(range(MANY)).send(None)
    assert done.value.value == list(range(MANY))


@pytest.mark.parametrize("audio", ["runs", "each"])
def test_an_entry_that_comes_meanwhile_is_in_the_next_page(
    monkeypatch: pytest.MonkeyPatch, audio: str
) -> None:
    """A client that asks for what follows `last_seq` misses nothing, and gets nothing twice."""
    app = new_app(Settings(seed="empty"))
    journal = app.worlds.get("k").journal
    for _ in range(MANY):
        journal.add(http_entry())

    async def let_others_add(seconds: float) -> None:
        if journal.seq < MANY + 2:
            journal.add(http_entry())

    monkeypatch.setattr(turns, "TURN_S", -1)
    monkeypatch.setattr(turns, "asyncio", SimpleNamespace(sleep=let_others_add))
    client, path = TestClient(app, headers=KEY), f"/_emulator/journal?audio={audio}"
    page = client.get(path).json()
    assert [entry["seq"] for entry in page["entries"]] == list(range(1, MANY + 1))
    assert page["last_seq"] == MANY
    rest = client.get(f"{path}&after={page['last_seq']}").json()
    assert [entry["seq"] for entry in rest["entries"]] == [MANY + 1, MANY + 2]


def test_a_long_answer_is_sent_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Together they are the answer, of the length that the head says."""
    monkeypatch.setattr(turns, "PIECE", 10)
    response = turns.PiecewiseResponse(b"0123456789" * 2 + b"rest", media_type="text/plain")
    sent = asyncio.run(_sent_by(response))
    assert dict(sent[0]["headers"])[b"content-length"] == b"24"
    assert [(each["body"], each["more_body"]) for each in sent[1:]] == [
        (b"0123456789", True),
        (b"0123456789", True),
        (b"rest", False),
    ]


@pytest.mark.parametrize("body", [b"", b"0123456789"])
def test_a_short_answer_is_one_piece(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(turns, "PIECE", 10)
    sent = asyncio.run(_sent_by(turns.PiecewiseResponse(body)))
    assert [(each["body"], each["more_body"]) for each in sent[1:]] == [(body, False)]


async def _sent_by(response: turns.PiecewiseResponse) -> list[Message]:
    sent = list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    await response({"type": "http"}, receive, send)
    return sent
