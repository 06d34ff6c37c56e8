"""What one connection may bring: heads of requests and handshakes, and how long they may take."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from emulator.server import Server
from emulator.settings import Settings
from tests.web.wire import Wire

HANDSHAKE = (
    "Host: emulator\r\nX-Hume-Api-Key: connection\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcy4uLg==\r\n"
)
REQUEST = "Host: emulator\r\nX-Hume-Api-Key: connection\r\nConnection: close\r\n"
LARGE = 65_536
RECORDED_CHAT_ID = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"  # of the demo seed, with its audio


@pytest.fixture(scope="module")
def hasty() -> Iterator[Server]:
    """An emulator that waits a second for a request."""
    with Server(Settings(seed="empty", port=0, request_timeout=1)) as server:
        yield server


def beginning(wire: Wire, until: bytes) -> bytes:
    """What comes until then; the connection is given up."""
    with wire.socket:
        return wire.read_until(until).came


def ended(wire: Wire) -> bytes:
    """What comes until the server ends the connection, once the client has had its say."""
    wire.read_until(b"}").socket.shutdown(socket.SHUT_WR)
    return wire.read().came


def ask(server: Server, request_line: str, *headers: str, body: str = "") -> Wire:
    head = f"{request_line} HTTP/1.1\r\n{''.join(headers)}\r\n{body}"
    return Wire(server.url, "connection").send(head.encode("latin-1"))


def code_of(came: bytes) -> tuple[str, Any]:
    """The status line's code, and the code in the body."""
    head, _, body = came.partition(b"\r\n\r\n")
    return head.decode().split(" ")[1], json.loads(body)["code"]


# how much


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?x=" + "a" * LARGE, HANDSHAKE),
        ("", HANDSHAKE + f"X-Long: {'a' * LARGE}\r\n"),
        ("", HANDSHAKE + "".join(f"X-{number}: a\r\n" for number in range(500))),
        ("", HANDSHAKE + "Content-Length: 0\r\n"),
    ],
    ids=["url", "header", "headers", "no body"],
)
def test_a_long_handshake_is_accepted(server: Server, query: str, headers: str) -> None:
    """64 KB in one line, and more headers than any client sends."""
    wire = ask(server, f"GET /v0/evi/chat{query}", headers)
    assert beginning(wire, b"chat_metadata").startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("header", ["Content-Length: 3", "Transfer-Encoding: chunked"])
def test_a_handshake_with_a_body_is_refused_at_once(server: Server, header: str) -> None:
    """Its body would be read as frames."""
    wire = ask(server, "GET /v0/evi/chat", HANDSHAKE, f"{header}\r\n")
    assert code_of(beginning(wire, b"}")) == ("400", "handshake_with_body")


@pytest.mark.parametrize("headers", [HANDSHAKE, REQUEST], ids=["handshake", "request"])
@pytest.mark.parametrize("size", [300_000, 3_000_000])
def test_a_head_too_long_is_refused_at_once(
    server: Server, headers: str, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer names the part that is too long, and so does the log."""
    in_url = ask(server, "GET /v0/evi/chat?x=" + "a" * size, headers)
    assert code_of(beginning(in_url, b"}")) == ("414", "url_too_long")
    in_header = ask(server, "GET /v0/evi/chat", headers, f"X-Long: {'a' * size}\r\n")
    assert code_of(beginning(in_header, b"}")) == ("431", "head_too_large")
    assert ["414" in caplog.text, "431" in caplog.text] == [True, True]


def test_a_request_with_a_long_header_is_answered(server: Server) -> None:
    """As a handshake is."""
    wire = ask(server, "GET /v0/evi/configs", REQUEST, f"X-Long: {'a' * LARGE}\r\n").read()
    assert wire.came.startswith(b"HTTP/1.1 200 ")


def test_the_longest_url_of_a_request(server: Server) -> None:
    """No library splits a longer one; a handshake's may be longer."""
    path = "/v0/evi/configs?x="
    longest = ask(server, "GET " + path.ljust(65_535, "a"), REQUEST).read()
    assert longest.came.startswith(b"HTTP/1.1 200 ")
    longer = ask(server, "GET " + path.ljust(65_536, "a"), REQUEST)
    assert code_of(beginning(longer, b"}")) == ("414", "url_too_long")


def test_a_handshake_that_makes_no_sense_is_answered(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """With another method, or another version of the protocol; the log has it, without keys."""
    path = "/v0/evi/chat?api_key=secret-key"
    posted = ask(server, f"POST {path}", HANDSHAKE).read()
    assert posted.came.startswith(b"HTTP/1.1 4")
    old = ask(server, f"GET {path}", HANDSHAKE.replace("Version: 13", "Version: 7")).read()
    assert old.came.startswith(b"HTTP/1.1 4")
    assert caplog.text.count("WebSocket /v0/evi/chat was answered 4") == 2
    assert "secret-key" not in caplog.text


# how long


HALVES = {
    "request line": "GET /v0/evi/con",
    "header": "GET /v0/evi/configs HTTP/1.1\r\nHost: emula",
    "body": f"POST /v0/evi/configs HTTP/1.1\r\n{REQUEST}Content-Length: 100\r\n\r\nhalf",
    "handshake": f"GET /v0/evi/chat HTTP/1.1\r\n{HANDSHAKE}",
}


@pytest.mark.slow
def test_half_a_request_is_refused_in_time(hasty: Server, caplog: pytest.LogCaptureFixture) -> None:
    """It would hold a connection for ever."""
    begun = {name: Wire(hasty.url, name).send(half.encode()) for name, half in HALVES.items()}
    refused = {name: code_of(ended(wire)) for name, wire in begun.items()}
    assert refused == dict.fromkeys(HALVES, ("408", "request_too_slow"))
    assert caplog.text.count("was answered 408") == len(HALVES)


@pytest.mark.slow
def test_half_a_request_after_a_whole_one(hasty: Server) -> None:
    """The first is answered, the second is refused."""
    whole = f"GET /v0/evi/configs HTTP/1.1\r\n{REQUEST.replace('close', 'keep-alive')}\r\n"
    wire = Wire(hasty.url, "connection").send(whole.encode() + b"GET /v0")
    came = ended(wire.read_until(b"HTTP/1.1 408 "))
    assert came.startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
def test_a_connection_without_a_request_ends(hasty: Server) -> None:
    """Without an answer, as there was no question."""
    assert Wire(hasty.url, "connection").read().came == b""


@pytest.mark.slow
def test_a_body_that_nobody_waits_for_ends_the_connection(hasty: Server) -> None:
    """The answer is given before the body is there."""
    wire = ask(hasty, "GET /v0/evi/configs", REQUEST.replace("close", "keep-alive"),
               "Content-Length: 9\r\n", body="half").read()  # fmt: skip
    assert wire.came.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " not in wire.came


@pytest.mark.slow
def test_a_slow_answer_is_no_slow_request(hasty: Server) -> None:
    """What the emulator takes longer for, the client is not blamed for.

    The fault holds the request back, so the rest of a large body is not read meanwhile.
    """
    rule = {"kind": "http", "fault": "delay", "times": 1, "delay_ms": 1_500}
    headers = {"X-Hume-Api-Key": "held"}
    with httpx.Client(base_url=hasty.url, headers=headers, trust_env=False) as client:
        assert client.post("/_emulator/faults", json=rule).status_code == 201
        answer = client.post("/v0/evi/prompts", json={"name": "a", "text": "b" * 900_000})
    assert answer.status_code == 201


# who says so


def signed_url(server: Server) -> str:
    """Where the server says that the audio of a chat of the demo seed is, behind a proxy."""
    headers = {"X-Hume-Api-Key": "proxied", "X-Forwarded-Proto": "https"}
    path = f"{server.url}/v0/evi/chats/{RECORDED_CHAT_ID}/audio"
    url: str = httpx.get(path, headers=headers, trust_env=False).json()["signed_audio_url"]
    return url


def test_nobody_says_how_the_server_is_reached(server: Server) -> None:
    """A client's X-Forwarded-Proto means nothing."""
    assert signed_url(server).startswith(f"{server.url}/")


def test_a_trusted_proxy_says_how_the_server_is_reached() -> None:
    """Its clients speak TLS with the proxy."""
    with Server(Settings(port=0, trusted_proxies=("127.0.0.1",))) as server:
        assert signed_url(server).startswith("https://")
    with Server(Settings(port=0, trusted_proxies=("192.0.2.1",))) as server:
        assert signed_url(server).startswith("http://")
