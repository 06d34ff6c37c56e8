"""Answers that are streams, from servers that write each byte by hand."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme

from emulator.outgoing import streamed_answer, streaming
from emulator.outgoing.streamed_answer import AnswerTooLong, AnswerUnreadable, BrokenOff, Head
from emulator.outgoing.streaming import Post, StreamingClient, Unreachable

OK = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = OK + b"Content-Length: 2\r\n\r\nhi"
LAST = b"0\r\n\r\n"


@dataclass
class Taker:
    """Takes an answer; it has enough once it has that many pieces."""

    most: int = 1_000
    heads: list[Head] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    raises: Exception | None = None

    def begin(self, head: Head) -> None:
        self.heads.append(head)

    def take(self, piece: bytes) -> bool:
        self.pieces.append(piece)
        if self.raises is not None:
            raise self.raises
        return len(self.pieces) >= self.most


@dataclass
class ByHand:
    """Answers each request with the next bytes; None closes the connection."""

    answers: list[Sequence[bytes | None]]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)  # by the client
    left: asyncio.Event = field(default_factory=asyncio.Event)  # by the server, or by the client
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = await reader.readexactly(length(head))
                self.requests.append(head + body)
                self.asked.set()
                for each in self.answers.pop(0):
                    if each is None:
                        return
                    writer.write(each)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed.set()
        finally:
            writer.close()
            self.left.set()


async def settled() -> None:
    """Let the loop see what has come on all sockets."""
    for _ in range(5):
        await asyncio.sleep(0)


def length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])


def run(
    test: Callable[[ByHand, Callable[..., Awaitable[Taker]]], Awaitable[None]],
    *answers: Sequence[bytes | None],
    encryption: ssl.SSLContext | None = None,
) -> ByHand:
    """Run a test with a server by hand, and a client that posts to it."""

    async def whole() -> ByHand:
        by_hand, client = ByHand(list(answers)), StreamingClient()
        server = await asyncio.start_server(by_hand.serve, "127.0.0.1", 0, ssl=encryption)
        by_hand.port = server.sockets[0].getsockname()[1]

        async def post(taker: Taker | None = None, **more: Any) -> Taker:
            taker = taker or Taker()
            url = more.pop("url", f"http://127.0.0.1:{by_hand.port}/a%20b?c=d")
            wanted = {"headers": {}, "body": b"{}", "timeout_s": 10, "most_bytes": 10_000, **more}
            await client.post(Post(url, **wanted), taker)
            return taker

        async with server:
            await test(by_hand, post)
            await client.close()
        return by_hand

    return asyncio.run(asyncio.wait_for(whole(), 20))


def test_pieces_come_as_they_are_sent() -> None:
    """With the head before them; the media type has no parameters."""

    async def test(by_hand: ByHand, post: Any) -> None:
        taker = await post()
        assert taker.heads == [Head(200, "text/event-stream")]
        assert taker.pieces == [b"one", b"two"]
        assert (await post()).pieces == [b"hi"]

    by_hand = run(test, (CHUNKED, b"3\r\none\r\n3\r\ntwo\r\n", LAST), (WHOLE,))
    assert by_hand.connections == 1  # it was kept
    assert by_hand.requests[0].startswith(b"POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
    assert by_hand.requests[0].endswith(b"\r\n\r\n{}")


def test_the_rest_of_an_answer_does_not_keep_its_asker() -> None:
    """The connection is used again once that has come."""

    async def test(by_hand: ByHand, post: Any) -> None:
        assert (await post(Taker(most=1))).pieces == [b"one"]
        assert (await post()).pieces == [b"hi"]

    by_hand = run(test, (CHUNKED + b"3\r\none\r\n3\r\ntwo\r\n" + LAST,), (WHOLE,))
    assert by_hand.connections == 1


def test_a_rest_that_does_not_come() -> None:
    """The next question has a connection of its own; the first is closed in the end."""

    async def test(by_hand: ByHand, post: Any) -> None:
        await post(Taker(most=1))
        assert (await post()).pieces == [b"hi"]

    assert run(test, (CHUNKED + b"3\r\none\r\n",), (WHOLE,)).connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        (OK + b"\r\nhi", None),
        (OK + b"Connection: close\r\nContent-Length: 2\r\n\r\nhi",),  # so the client does
        (WHOLE, None),
    ],
)
def test_a_server_that_closes(answer: Sequence[bytes | None]) -> None:
    """The answer is whole, however its end shows; nobody asks on that connection again."""

    async def test(by_hand: ByHand, post: Any) -> None:
        assert b"".join((await post()).pieces) == b"hi"
        await by_hand.left.wait()
        await settled()
        assert (await post()).pieces == [b"hi"]

    assert run(test, answer, (WHOLE,)).connections == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((None,), BrokenOff),
        ((OK, None), BrokenOff),
        ((CHUNKED + b"3\r\none\r\n", None), BrokenOff),
        ((OK + b"Content-Length: 9\r\n\r\nhi", None), BrokenOff),
        ((b"SSH-2.0-OpenSSH_9.6\r\n\r\n",), AnswerUnreadable),
        ((CHUNKED + b"what?\r\n",), AnswerUnreadable),
        (
            (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n",),
            OSError,
        ),
        ((OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi",), AnswerUnreadable),
        ((CHUNKED + b"2711\r\n" + bytes(10_001) + b"\r\n",), AnswerTooLong),
    ],
)
def test_answers_that_are_none(answer: Sequence[bytes | None], error: type[Exception]) -> None:
    """Each ends in an error, and its connection is closed."""

    async def test(by_hand: ByHand, post: Any) -> None:
        with pytest.raises(error):
            await post()
        assert (await post()).pieces == [b"hi"]

    assert run(test, answer, (WHOLE,)).connections == 2


def test_what_comes_between_pieces_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A head, and the names of chunks."""
    monkeypatch.setattr(streamed_answer, "_MOST_BETWEEN", 1_000)
    long = b"a" * 200

    async def test(by_hand: ByHand, post: Any) -> None:
        for _ in range(2):
            with pytest.raises(AnswerTooLong):
                await post()

    run(test, (OK, *[b"x: " + long + b"\r\n"] * 10), (CHUNKED, b"3;" + long, *[long] * 10))


@pytest.mark.parametrize(("name", "pack"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress)])
def test_a_compressed_answer(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    """It is inflated, as far as it may be long."""

    def answer(body: bytes) -> bytes:
        packed = pack(body)
        size = f"{len(packed)}".encode()
        return (
            OK
            + b"Content-Encoding: "
            + name
            + b"\r\nContent-Length: "
            + size
            + b"\r\n\r\n"
            + packed
        )

    async def test(by_hand: ByHand, post: Any) -> None:
        assert b"".join((await post()).pieces) == b"hi" * 1_000
        with pytest.raises(AnswerTooLong):
            await post()

    run(test, (answer(b"hi" * 1_000),), (answer(bytes(10_000_000)),))


def test_an_answer_may_be_announced() -> None:
    """What says to go on, or comes early, is no answer."""

    async def test(by_hand: ByHand, post: Any) -> None:
        taker = await post()
        assert [head.status for head in taker.heads] == [200]
        assert taker.pieces == [b"hi"]

    run(test, (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n", WHOLE))


def test_what_its_taker_raises() -> None:
    """Who asked hears of it, and the server that nobody listens."""

    async def test(by_hand: ByHand, post: Any) -> None:
        with pytest.raises(KeyError, match="mine"):
            await post(Taker(raises=KeyError("mine")))
        await by_hand.closed.wait()

    run(test, (CHUNKED + b"3\r\none\r\n",))


def test_a_silent_server_is_left() -> None:
    """After the time that it has, from its last piece on; so is one whose asker goes."""

    async def test(by_hand: ByHand, post: Any) -> None:
        taker = Taker()
        with pytest.raises(TimeoutError):
            await post(taker, timeout_s=0.02)
        assert taker.pieces == [b"one"]
        await by_hand.closed.wait()
        by_hand.closed.clear()
        asking = asyncio.ensure_future(post())
        by_hand.asked.clear()
        await by_hand.asked.wait()
        asking.cancel()
        await by_hand.closed.wait()

    run(test, (CHUNKED + b"3\r\none\r\n",), (CHUNKED,))


def test_bytes_that_nobody_asked_for() -> None:
    """They end the connection."""

    async def test(by_hand: ByHand, post: Any) -> None:
        await post()
        await by_hand.closed.wait()

    run(test, (WHOLE, b"more"))


def test_credentials_of_a_url() -> None:
    """They become a header, unless there is a key."""

    async def test(by_hand: ByHand, post: Any) -> None:
        url = f"http://a%40b:c@localhost:{by_hand.port}"
        await post(url=url)
        await post(url=url, headers={"Authorization": "Bearer k"})

    first, second = run(test, (WHOLE,), (WHOLE,)).requests
    assert first.startswith(b"POST / HTTP/1.1\r\nHost: localhost:")
    assert b"\r\nAuthorization: Basic YUBiOmM=\r\n" in first
    assert b"\r\nAuthorization: Bearer k\r\n" in second
    assert b"Basic" not in second


def test_a_key_can_add_no_header() -> None:
    """Nor a request of its own."""

    async def test(by_hand: ByHand, post: Any) -> None:
        with pytest.raises(ValueError, match="the header Authorization must have no line ends"):
            await post(headers={"Authorization": "Bearer a\r\nX: y"})

    assert run(test).connections == 0


def test_nobody_is_there() -> None:
    """The error names the place and the reason."""

    async def test(by_hand: ByHand, post: Any) -> None:
        with pytest.raises(
            Unreachable, match=r"^cannot connect to localhost:9 \(ConnectionRefusedError: "
        ):
            await post(url="http://localhost:9/")
        with pytest.raises(
            Unreachable, match=r"^cannot connect to 127.0.0.1:9 \(ConnectionRefusedError: "
        ):
            await post(url="http://127.0.0.1:9/")

    run(test)


def test_encrypted_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's certificate must be for the host that the URL names."""
    authority, theirs = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    monkeypatch.setattr(streaming, "_encryption", lambda: ours)

    async def test(by_hand: ByHand, post: Any) -> None:
        for _ in range(2):
            assert (await post(url=f"https://localhost:{by_hand.port}/")).pieces == [b"hi"]
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await post(url=f"https://127.0.0.1:{by_hand.port}/")

    assert len(run(test, (WHOLE,), (WHOLE,), encryption=theirs).requests) == 2
