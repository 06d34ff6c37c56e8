"""Answers that are bytes or streams: what is sent, what a fault leaves, what the journal has."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from emulator.api import Call
from emulator.apis.evi.errors import CHAT_NOT_FOUND
from emulator.errors import api_error
from emulator.faults.http import GARBAGE
from emulator.journal.journal import LONGEST_BODY
from emulator.reply import Reply
from emulator.server import new_app
from emulator.settings import Settings
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.testing.talking import http
from tests.web.toy_api import add_toy_api
from tests.web.wire import Wire, errors_logged

PATH = "/v0/toy/stream"
PIECES = (b"first-piece.", b"second-piece.", b"third-piece.")
WHOLE = b"".join(PIECES)


class Toy:
    """The handler of the stream; a test says what it answers."""

    def __init__(self) -> None:
        self.body: Callable[[], bytes | AsyncIterator[bytes]] = lambda: pieces()
        self.options: dict[str, Any] = {}
        self.closed = 0

    def answer(self, call: Call) -> Reply:
        return Reply(self.body(), **self.options)


async def pieces(*, then: Exception | None = None, begin: bytes = b"") -> AsyncIterator[bytes]:
    """The pieces, and perhaps an error after them."""
    if begin:
        yield begin
    for piece in PIECES:
        yield piece
    if then is not None:
        raise then


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def client(toy: Toy) -> TestClient:
    app = new_app(Settings(seed="empty"))
    add_toy_api(app, {"toy-stream": toy.answer, "toy-nothing": toy.answer})
    return TestClient(app, headers={"X-Hume-Api-Key": "toy"})


@pytest.fixture
def evi(toy: Toy) -> Iterator[Evi]:
    """A world on a server of its own, over a real socket."""
    with Emulator(seed="empty") as server:
        add_toy_api(server._server.app, {"toy-stream": toy.answer})
        yield server.world()


def journal(client: TestClient | httpx.Client) -> Any:
    """The only entry of a request."""
    answer = client.get("/_emulator/journal", params={"kind": "http"}).json()
    [entry] = answer["entries"]
    return entry


def ended(entry: Any) -> tuple[Any, ...]:
    return entry["status"], entry["response"], entry.get("response_bytes"), entry.get("ended")


# what is sent


def test_bytes(client: TestClient, toy: Toy) -> None:
    """The document's media type, the length, and an entry like that of JSON."""
    toy.body = lambda: WHOLE
    answer = client.get(PATH)
    assert (answer.status_code, answer.content) == (200, WHOLE)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Length"] == str(len(WHOLE))
    assert ended(journal(client)) == (200, WHOLE.decode(), None, None)


def test_a_reply_may_say_all_itself(client: TestClient, toy: Toy) -> None:
    """Media type, status and headers."""
    toy.body = lambda: b"RIFF"
    toy.options = {"media_type": "audio/wav", "status": 202, "headers": {"X-Voice": "Ito"}}
    answer = client.get(PATH)
    assert (answer.status_code, answer.content) == (202, b"RIFF")
    assert (answer.headers["Content-Type"], answer.headers["X-Voice"]) == ("audio/wav", "Ito")


@pytest.mark.parametrize("body", [lambda: b"", pieces])
def test_no_content(client: TestClient, toy: Toy, body: Callable[[], Any]) -> None:
    """An answer whose status has no body has none, whatever the handler says."""
    toy.body = body
    answer = client.delete("/v0/toy/nothing")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not {"Content-Type", "Content-Length"} & set(answer.headers)


@pytest.mark.parametrize("length", [None, len(WHOLE)])
def test_a_stream(evi: Evi, toy: Toy, length: int | None) -> None:
    """All pieces, in chunks unless the length is known; the journal has it when it has ended."""
    toy.options = {"length": length}
    with http(evi) as client:
        answer = client.get(PATH)
        assert (answer.status_code, answer.content) == (200, WHOLE)
        assert answer.headers.get("Content-Length") == (None if length is None else str(length))
        assert client.get("/_emulator/health").status_code == 200  # on the same connection
        assert ended(journal(client)) == (200, WHOLE.decode(), len(WHOLE), "complete")


def test_a_piece_is_sent_when_it_is_made(evi: Evi, toy: Toy) -> None:
    """The client has the first piece while the second is awaited, and the journal has nothing."""
    goes_on = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield PIECES[0]
        await goes_on.wait()
        yield PIECES[1]

    toy.body = body
    wire = Wire(evi.url, evi.api_key).ask("GET", PATH).read_until(PIECES[0])
    assert evi.journal.entries(kind="http") == []
    evi._bridge.call(goes_on.set)
    assert PIECES[1] in wire.read().came
    assert ended(evi.journal.wait_for("http"))[2:] == (len(PIECES[0] + PIECES[1]), "complete")


def test_a_stream_that_waits_for_the_clock(evi: Evi, toy: Toy) -> None:
    """An advance lets out what is due, and the journal says what waits for a frozen clock."""
    evi.clock.freeze()
    times: list[int] = []

    async def once_a_second() -> AsyncIterator[bytes]:
        begin_ms = evi.world.clock.now_ms()
        with evi.world.working("A stream") as job:
            for number in range(5):
                if not await job.reached(begin_ms + number * 1000):
                    return
                times.append(evi.world.clock.now_ms() - begin_ms)
                yield f"{number}\n".encode()

    toy.body = once_a_second
    with http(evi) as client, client.stream("GET", PATH) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "0"
        waits = evi.journal.wait_for("clock", action="wait")
        assert (waits["what"], waits["ms"]) == ("A stream", 1000)
        evi.clock.advance(seconds=3)
        assert times == [0, 1000, 2000, 3000]
        assert [next(lines) for _ in range(3)] == ["1", "2", "3"]
        evi.clock.advance(seconds=3)
        assert list(lines) == ["4"]


def test_a_reset_ends_a_stream_that_waits(evi: Evi, toy: Toy) -> None:
    """Nobody is left waiting for a time that does not come."""
    evi.clock.freeze()

    async def late() -> AsyncIterator[bytes]:
        yield b"first"
        with evi.world.working("A stream") as job:
            if await job.reached(evi.world.clock.now_ms() + 1000):
                yield b"second"

    toy.body = late
    with http(evi) as client, client.stream("GET", PATH) as answer:
        evi.journal.wait_for("clock", action="wait")
        with http(evi) as other:
            other.post("/_emulator/reset")
        assert answer.read() == b"first"


def test_the_journal_keeps_the_beginning(client: TestClient, toy: Toy) -> None:
    """As much as of any answer, and the size of all."""
    toy.body = lambda: pieces(begin=b"x" * LONGEST_BODY)
    client.get(PATH)
    entry = journal(client)
    assert entry["response"] == "x" * LONGEST_BODY
    assert entry["response_bytes"] == LONGEST_BODY + len(WHOLE)


def test_a_client_may_ask_for_the_media_type(client: TestClient) -> None:
    """The contract has nothing against a client that accepts what the operation answers."""
    client.get(PATH, headers={"Accept": "audio/*"})
    assert client.get("/_emulator/contract").json()["findings"] == []


# errors and bugs


async def nothing_but(error: Exception) -> AsyncIterator[bytes]:
    none: tuple[bytes, ...] = ()
    for piece in none:
        yield piece
    raise error


def test_an_error_before_the_first_piece(client: TestClient, toy: Toy) -> None:
    """It is answered like any other."""
    toy.body = lambda: nothing_but(api_error(CHAT_NOT_FOUND, id="x"))
    answer = client.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (404, "chat_not_found")
    entry = journal(client)
    assert (entry["status"], "ended" in entry) == (404, False)


def test_a_bug_before_the_first_piece(
    client: TestClient, toy: Toy, caplog: pytest.LogCaptureFixture
) -> None:
    """500 with a reference."""
    toy.body = lambda: nothing_but(ValueError("oops"))
    with caplog.at_level(logging.ERROR):
        answer = client.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (500, "emulator_error")
    entry = journal(client)
    assert (entry["status"], entry["error"]) == (500, "ValueError: oops")
    assert entry["reference"] in answer.json()["message"]


def test_a_bug_in_the_middle(evi: Evi, toy: Toy, caplog: pytest.LogCaptureFixture) -> None:
    """The answer has no end, so the client notices; log and journal have the bug."""
    toy.body = lambda: pieces(then=ValueError("oops"))
    with (
        http(evi) as client,
        caplog.at_level(logging.ERROR),
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(PATH)
    entry = evi.journal.wait_for("http")
    assert ended(entry) == (200, WHOLE.decode(), len(WHOLE), "failed")
    assert entry["error"] == "ValueError: oops"
    assert f"bug {entry['reference']} in GET {PATH}" in caplog.text


@pytest.mark.parametrize("fault", [None, "slow"])
def test_a_client_that_leaves(
    evi: Evi, toy: Toy, fault: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The body is closed, and the journal says who ended it."""

    async def body() -> AsyncIterator[bytes]:
        try:
            yield PIECES[0]
            await asyncio.Event().wait()
        finally:
            toy.closed += 1

    toy.body = body
    if fault is not None:
        evi.faults.add("http", fault, bytes_per_s=1000)
    wire = Wire(evi.url, evi.api_key).ask("GET", PATH).read_until(b"first")
    wire.socket.close()
    entry = evi.journal.wait_for("http")
    assert (entry["status"], entry["ended"], toy.closed) == (200, "client_left", 1)
    assert errors_logged(caplog) == []


# faults


def struck(evi: Evi, fault: str, **fields: Any) -> tuple[Wire, Any]:
    """What arrives of the stream with a fault, and the request's entry."""
    evi.faults.add("http", fault, **fields)
    wire = Wire(evi.url, evi.api_key).ask("GET", PATH).read()
    return wire, evi.journal.wait_for("http")


def content(wire: Wire) -> bytes:
    """The pieces that came, without the lengths of their chunks."""
    lines = wire.body.split(b"\r\n")
    return wire.body if "content-length" in wire.head.lower() else b"".join(lines[1::2])


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"length": len(WHOLE)}, WHOLE[: len(WHOLE) // 2]),
        ({}, PIECES[0] + PIECES[1][: len(PIECES[1]) // 2]),
    ],
)
@pytest.mark.usefixtures("no_error_is_logged")
def test_truncated(evi: Evi, toy: Toy, options: dict[str, Any], left: bytes) -> None:
    """Half of the body if its length is known; else the first piece and half of the second."""
    toy.options = options
    wire, entry = struck(evi, "truncated")
    assert content(wire) == left
    assert not wire.body.endswith(b"\r\n0\r\n\r\n")
    assert ended(entry) == (200, left.decode(), len(left), "broken")


@pytest.mark.usefixtures("no_error_is_logged")
def test_truncated_with_one_piece(evi: Evi, toy: Toy) -> None:
    """Half of it."""

    async def body() -> AsyncIterator[bytes]:
        yield b"12345678"

    toy.body = body
    wire, entry = struck(evi, "truncated")
    assert content(wire) == b"1234"
    assert ended(entry) == (200, "1234", 4, "broken")


@pytest.mark.usefixtures("no_error_is_logged")
@pytest.mark.slow
def test_slow(evi: Evi) -> None:
    """Every byte, in more pieces than were made."""
    wire, entry = struck(evi, "slow", bytes_per_s=100)
    assert content(wire) == WHOLE
    assert wire.body.count(b"\r\n") > 2 * len(PIECES) + 2
    assert ended(entry) == (200, WHOLE.decode(), len(WHOLE), "complete")


@pytest.mark.usefixtures("no_error_is_logged")
def test_lost(evi: Evi, toy: Toy) -> None:
    """The body is made to its end, and none of it sent."""

    async def body() -> AsyncIterator[bytes]:
        for piece in PIECES:
            yield piece
        toy.closed += 1

    toy.body = body
    wire, entry = struck(evi, "lost")
    assert (wire.came, wire.was_reset, toy.closed) == (b"", True, 1)
    assert ended(entry) == (200, "", 0, "broken")


@pytest.mark.usefixtures("no_error_is_logged")
def test_reset(evi: Evi, toy: Toy) -> None:
    """The handler is not called."""
    toy.body = lambda: pytest.fail("it was called")
    wire, entry = struck(evi, "reset")
    assert (wire.came, wire.was_reset, entry["status"]) == (b"", True, None)


@pytest.mark.usefixtures("no_error_is_logged")
def test_garbage(evi: Evi) -> None:
    """Garbage in place of the body, whole and with its length, under the same media type."""
    wire, entry = struck(evi, "garbage")
    assert (wire.body, wire.promised) == (GARBAGE, len(GARBAGE))
    assert "content-type: audio/mpeg" in wire.head.lower()
    assert ended(entry)[2:] == (None, None)


@pytest.mark.usefixtures("no_error_is_logged")
def test_status_and_delay(evi: Evi) -> None:
    """An error as JSON, later."""
    evi.faults.add("http", "delay", delay_ms=1)
    wire, entry = struck(evi, "status", status=503)
    assert wire.head.startswith("HTTP/1.1 503")
    assert "content-type: application/json" in wire.head.lower()
    assert entry["status"] == 503
