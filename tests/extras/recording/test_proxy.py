"""The recording proxy: what passes through it, and what it writes down."""

import asyncio
import gzip
import json
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from aiohttp import WSMsgType
from aiohttp.web import BaseRequest, Response, StreamResponse, WebSocketResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from emulator.errors import RecordingError, StartupError, UsageError
from emulator.extras.recording.capture import DEFAULT_KEPT_BYTES
from emulator.extras.recording.format import Body, Closed, Exchange, Frame, Opened
from emulator.extras.recording.reading import read_recording
from emulator.extras.recording.serving import Handler, Serving
from emulator.extras.recording.upstream import check_upstream
from emulator.extras.recording.writer import RecordingWriter
from tests.extras.recording.kit import recording
from tests.extras.recording.upstream import answering

OFFERED = [Subprotocol("one"), Subprotocol("two")]
KEY = "a-key-that-nobody-may-see"


async def echo(request: BaseRequest) -> StreamResponse:
    """What was asked, as JSON."""
    return Response(
        status=201,
        reason="Made So",
        text=json.dumps(
            {
                "method": request.method,
                "path": request.raw_path,
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "body": (await request.read()).decode(),
            }
        ),
        content_type="application/json",
        headers=[("X-Two", "1"), ("X-Two", "2")],
    )


@contextmanager
def recorded(handler: Handler, path: Path, kept_bytes: int = DEFAULT_KEPT_BYTES) -> Iterator[str]:
    """A proxy before an upstream that answers so."""
    with answering(handler) as upstream, recording(upstream, path, kept_bytes) as url:
        yield url


def ask(url: str, method: str = "GET", path: str = "/a", **options: object) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=10) as client:
        return client.request(method, url + path, **options)  # type: ignore[arg-type]


def test_requests_reach_the_upstream_as_they_were_sent(tmp_path: Path) -> None:
    """Method, path and query to the letter, keys and other headers, the body; so do answers."""
    with recorded(echo, tmp_path / "r") as url:
        answer = ask(
            url,
            "PATCH",
            "//a%2Fb/c?x=%20+&y",
            content="tëxt".encode(),
            headers={"X-Hume-Api-Key": KEY, "X-Other": "1", "Connection": "X-Mine", "X-Mine": "2"},
        )
    got = answer.json()
    assert (answer.status_code, answer.reason_phrase) == (201, "Made So")
    assert answer.headers.get_list("X-Two") == ["1", "2"]
    assert (got["method"], got["body"]) == ("PATCH", "tëxt")
    assert got["path"] == "//a%2Fb/c?x=%20+&y"
    assert got["headers"]["x-hume-api-key"] == KEY
    assert got["headers"]["x-other"] == "1"
    assert got["headers"]["host"] not in url
    assert "x-mine" not in got["headers"]  # the client said that it is for one hop


def test_what_is_written_down(tmp_path: Path) -> None:
    """The exchange, without the key that the upstream has told of."""
    path = tmp_path / "r"
    with recorded(echo, path) as url:
        ask(url, "POST", "/a?x=1", json={"n": 1}, headers={"X-Hume-Api-Key": KEY})
    [entry] = read_recording(path).entries
    assert isinstance(entry, Exchange)
    assert (entry.method, entry.path, entry.query, entry.status) == ("POST", "/a", "x=1", 201)
    assert (entry.caller, entry.credential) == (1, "key")
    assert entry.request.body == Body(json={"n": 1})
    assert entry.response.body is not None
    assert entry.response.body.value["headers"]["x-hume-api-key"] == "(hidden)"
    assert KEY.encode() not in path.read_bytes()


def test_an_answer_passes_as_it_comes(tmp_path: Path) -> None:
    """The client has the first part before the upstream sends the second."""
    has_first = threading.Event()

    async def slowly(request: BaseRequest) -> StreamResponse:
        answer = StreamResponse()
        await answer.prepare(request)
        await answer.write(b"first")
        await asyncio.to_thread(has_first.wait, 5)
        await answer.write(b"second")
        return answer

    path = tmp_path / "r"
    with recorded(slowly, path) as url, httpx.stream("GET", url, trust_env=False) as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"first"
        has_first.set()
        assert b"".join(parts) == b"second"
    [entry] = read_recording(path).exchanges
    assert entry.response.body == Body(text="firstsecond")


def test_of_a_large_body_the_size_is_kept(tmp_path: Path) -> None:
    """The client gets all of it."""

    async def much(request: BaseRequest) -> StreamResponse:
        return Response(body=bytes(300_000))

    path = tmp_path / "r"
    with recorded(much, path, kept_bytes=1000) as url:
        assert len(ask(url, "POST", content=bytes(2000)).content) == 300_000
    [entry] = read_recording(path).exchanges
    assert (entry.request.body, entry.response.body) == (Body(cut=2000), Body(cut=300_000))


def test_a_compressed_answer_is_written_as_what_it_says(tmp_path: Path) -> None:
    """And reaches the client compressed. Encodings that can't be undone are not asked for."""
    asked = []

    async def zipped(request: BaseRequest) -> StreamResponse:
        asked.append(request.headers["Accept-Encoding"])
        return Response(body=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})

    path = tmp_path / "r"
    with recorded(zipped, path) as url:
        answer = ask(url, headers={"Accept-Encoding": "br, gzip;q=0.5, zstd"})
        ask(url, headers={"Accept-Encoding": "br"})
    assert (answer.headers["Content-Encoding"], answer.json()) == ("gzip", {"a": 1})
    assert asked == ["gzip;q=0.5", "identity"]
    assert [e.response.body for e in read_recording(path).exchanges] == [Body(json={"a": 1})] * 2


def deflated_without_header(data: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(data) + encoder.flush()


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("br", b"what it says"), ("deflate", deflated_without_header(b"what it says")),
     ("gzip, br", b"what it says"), ("gzip", gzip.compress(bytes(2000)))],
    ids=["unknown", "without header", "twice", "large"],
)  # fmt: skip
def test_what_cannot_be_decoded_is_not_kept(tmp_path: Path, encoding: str, data: bytes) -> None:
    """Secrets might be in it: only its size, as it came, is written down."""

    async def coded(request: BaseRequest) -> StreamResponse:
        return Response(body=data, headers={"Content-Encoding": encoding})

    path = tmp_path / "r"
    with (
        recorded(coded, path, kept_bytes=1000) as url,
        httpx.Client(trust_env=False) as client,
        client.stream("GET", url) as answer,
    ):
        assert b"".join(answer.iter_raw()) == data
    [entry] = read_recording(path).exchanges
    assert entry.response.body == Body(cut=len(data))


@pytest.mark.parametrize(
    "target", ["CONNECT .other.example:443", "OPTIONS *", "GET http://other.example/a"]
)
def test_no_request_leads_elsewhere(tmp_path: Path, target: str) -> None:
    """Whatever is asked for reaches the upstream: none of it becomes a part of its name."""
    asked = []

    async def note(request: BaseRequest) -> StreamResponse:
        asked.append(request.raw_path)
        return Response()

    with (
        recorded(note, tmp_path / "r") as url,
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as client,
    ):
        client.sendall(f"{target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        client.recv(100)
    assert len(asked) == 1


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answers_without_a_body(tmp_path: Path, method: str, status: int) -> None:
    """They pass, and the connection serves the next request."""

    async def empty(request: BaseRequest) -> StreamResponse:
        return Response(status=status)

    with recorded(empty, tmp_path / "r") as url, httpx.Client(trust_env=False) as client:
        assert [client.request(method, url).status_code for _ in range(2)] == [status] * 2


def test_no_upstream(tmp_path: Path) -> None:
    """502, with a sentence that names it; the recording has why."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        upstream = f"http://127.0.0.1:{closed.getsockname()[1]}"
    path = tmp_path / "r"
    with recording(upstream, path) as url:
        answer = ask(url)
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws{url[4:]}/v0/evi/chat").__enter__()
    assert (answer.status_code, answer.json()["code"]) == (502, "upstream_unreachable")
    assert upstream in answer.json()["message"]
    assert refused.value.response.status_code == 502
    assert all(getattr(entry, "broken", None) for entry in read_recording(path).entries)


def test_an_answer_that_breaks_off(tmp_path: Path) -> None:
    """It does so for the client, too."""

    async def half(request: BaseRequest) -> StreamResponse:
        answer = StreamResponse(headers={"Content-Length": "10"})
        await answer.prepare(request)
        await answer.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return answer

    path = tmp_path / "r"
    with recorded(half, path) as url, pytest.raises(httpx.TransportError):
        ask(url)
    [entry] = read_recording(path).exchanges
    assert (entry.status, entry.response.body) == (200, Body(text="half"))
    assert entry.broken is not None
    assert entry.broken.startswith("the answer broke off")


# WebSockets


async def converse(request: BaseRequest) -> StreamResponse:
    """Repeats what it hears; 'close CODE REASON' closes, 'vanish' ends the connection."""
    ws = WebSocketResponse(protocols=("two",), autoclose=False)
    await ws.prepare(request)
    await ws.send_json({"path": request.raw_path, "key": request.headers.get("X-Hume-Api-Key")})
    async for message in ws:
        if message.type is WSMsgType.BINARY:
            await ws.send_bytes(message.data)
        elif message.data == "vanish":
            assert request.transport is not None
            request.transport.abort()
        elif message.data.startswith("close"):
            _, code, reason = message.data.split(" ", 2)
            await ws.close(code=int(code), message=reason.encode())
        else:
            await ws.send_str(message.data)
    return ws


def test_frames_pass_both_ways(tmp_path: Path) -> None:
    """Texts and bytes, in order; the query and the key, the subprotocol, the client's close."""
    path = tmp_path / "r"
    with recorded(converse, path) as url:
        headers = {"X-Hume-Api-Key": KEY}
        with connect(
            f"ws{url[4:]}/v0/evi/chat?a=%20b",
            additional_headers=headers,
            subprotocols=OFFERED,
        ) as ws:
            assert json.loads(ws.recv()) == {"path": "/v0/evi/chat?a=%20b", "key": KEY}
            assert ws.subprotocol == "two"
            for said in ("hello", b"\0\1", "", '{"type": "user_input"}'):
                ws.send(said)
                assert ws.recv() == said
            ws.close(4321, "enough")
    opened, *frames, closed = read_recording(path).entries
    assert isinstance(opened, Opened)
    assert isinstance(closed, Closed)
    assert (opened.status, opened.query, opened.protocol) == (101, "a=%20b", "two")
    assert (closed.sender, closed.code, closed.reason) == ("client", 4321, "enough")
    assert [f.sender for f in frames if isinstance(f, Frame)] == [
        "server",
        *["client", "server"] * 4,
    ]
    assert KEY.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("word", "code", "reason"),
    [("close 1000 ", 1000, ""), ("close 4001 go away", 4001, "go away"), ("vanish", 1006, "")],
)
def test_the_upstream_closes(tmp_path: Path, word: str, code: int, reason: str) -> None:
    """The client sees the same code and reason, or a connection that breaks."""
    path = tmp_path / "r"
    with recorded(converse, path) as url, connect(f"ws{url[4:]}/v0/evi/chat") as ws:
        ws.recv()
        ws.send(word)
        with pytest.raises(ConnectionClosed):
            ws.recv()
        received = ws.protocol.close_rcvd
    assert (1006 if received is None else received.code) == code
    closed = read_recording(path).entries[-1]
    assert isinstance(closed, Closed)
    assert (closed.sender, closed.code, closed.reason) == ("server", code, reason)


def test_a_client_that_vanishes(tmp_path: Path) -> None:
    """The upstream sees its connection break, and so does the recording."""
    gone = threading.Event()

    async def listen(request: BaseRequest) -> StreamResponse:
        ws = WebSocketResponse()
        await ws.prepare(request)
        try:
            async for _ in ws:
                pass
        finally:
            gone.set()
        return ws

    path = tmp_path / "r"
    with recorded(listen, path) as url:
        ws = connect(f"ws{url[4:]}/v0/evi/chat")
        ws.socket.shutdown(socket.SHUT_RDWR)
        assert gone.wait(5)
    closed = read_recording(path).entries[-1]
    assert isinstance(closed, Closed)
    assert (closed.sender, closed.code) == ("client", 1006)


def test_a_refused_handshake(tmp_path: Path) -> None:
    """Status, headers and body reach the client, and the recording."""

    async def refuse(request: BaseRequest) -> StreamResponse:
        return Response(
            status=429, text='{"wait": 1}', content_type="application/json",
            headers={"Retry-After": "3"},
        )  # fmt: skip

    path = tmp_path / "r"
    with recorded(refuse, path) as url, pytest.raises(InvalidStatus) as refused:
        connect(f"ws{url[4:]}/v0/evi/chat").__enter__()
    response = refused.value.response
    assert (response.status_code, response.body) == (429, b'{"wait": 1}')
    assert response.headers["Retry-After"] == "3"
    [opened] = read_recording(path).entries
    assert isinstance(opened, Opened)
    assert (opened.status, opened.response.body) == (429, Body(json={"wait": 1}))
    assert opened.response.headers["retry-after"] == "3"


def test_a_refusal_that_is_compressed(tmp_path: Path) -> None:
    """It is written as what it says."""
    said = b'{"why": "%s"}' % (b"no" * 500)

    async def refuse(request: BaseRequest) -> StreamResponse:
        headers = {"Content-Encoding": "gzip"}
        return Response(status=403, body=gzip.compress(said), headers=headers)

    path = tmp_path / "r"
    with recorded(refuse, path) as url, pytest.raises(InvalidStatus):
        connect(f"ws{url[4:]}/v0/evi/chat").__enter__()
    [opened] = read_recording(path).entries
    assert isinstance(opened, Opened)
    assert opened.response.body == Body(json=json.loads(said))


def test_the_size_of_a_large_frame(tmp_path: Path) -> None:
    """It is in bytes."""
    path = tmp_path / "r"
    with recorded(converse, path, kept_bytes=100) as url, connect(f"ws{url[4:]}/v0/evi/chat") as ws:
        ws.send("\u00e9" * 60)
    frames = [e for e in read_recording(path).entries if isinstance(e, Frame)]
    assert [f.content for f in frames if f.sender == "client"] == [Body(cut=120)]


# the file


def test_a_file_that_is_there(tmp_path: Path) -> None:
    """It is left alone, unless it is to be appended to or replaced."""
    path = tmp_path / "r"
    path.write_text("dear")
    with pytest.raises(UsageError, match="--append"):
        RecordingWriter(path, "http://a")
    with pytest.raises(RecordingError, match=r"r:1: not JSON"):
        RecordingWriter(path, "http://a", append=True)
    assert path.read_text() == "dear"
    with RecordingWriter(path, "http://a", force=True):
        pass
    assert read_recording(path).entries == ()


def test_appending(tmp_path: Path) -> None:
    """Callers and sockets are numbered on, and half a line of a crash is dropped."""
    path = tmp_path / "r"
    with answering(converse) as upstream:
        for number in range(2):
            with recording(upstream, path, append=True) as url:
                headers = {"X-Hume-Api-Key": f"{KEY}-{number}"}
                with connect(f"ws{url[4:]}/v0/evi/chat", additional_headers=headers) as ws:
                    ws.recv()
            path.write_bytes(path.read_bytes() + b'{"kind": "fra')
    first, second = read_recording(path).conversations()
    assert (first.opened.socket, second.opened.socket) == (1, 2)
    assert (first.opened.caller, second.opened.caller) == (1, 2)
    assert second.opened.at_ms >= first.opened.at_ms
    assert len(second.frames) == 1


def test_a_taken_port() -> None:
    """One line that names it."""
    with answering(echo) as url, pytest.raises(StartupError, match="--port"):
        Serving(lambda: None, int(url.rpartition(":")[2]))  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    "text",
    ["", "api.hume.ai", "ftp://a", "http://", "http://a:x", "http://me:word@a", "http://a?b"],
)
def test_an_upstream_that_is_none(text: str) -> None:
    """It is refused, and what may be a password is not repeated."""
    with pytest.raises(UsageError) as refused:
        check_upstream(text)
    assert "word" not in str(refused.value).replace("password", "")


def test_websocket_addresses_name_an_upstream_too() -> None:
    """As do addresses that end in a slash."""
    assert check_upstream("wss://api.hume.ai/") == "https://api.hume.ai"
    assert check_upstream("http://127.0.0.1:1/x/") == "http://127.0.0.1:1/x"
