"""The proxy for programs that honour HTTPS_PROXY: the service's host is the emulator there."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from websockets.sync.client import connect

from emulator.errors import UsageError
from emulator.extras.interception.proxy import Proxy
from emulator.extras.interception.upstream import Upstream, read_upstream
from emulator.ready import trusting
from emulator.redirection.target import read_target
from emulator.testing.world import Evi
from emulator.web.certificate import Certificate

HOST = "api.hume.ai"
CONFIGS = f"https://{HOST}/v0/evi/configs"
KEY = {"X-Hume-Api-Key": "of-production"}
DEAD = 9  # a port at which nobody listens


@pytest.fixture(scope="module")
def certificate() -> Iterator[Certificate]:
    certificate = Certificate([HOST])
    yield certificate
    certificate.forget()


@contextmanager
def proxying(
    evi: Evi, certificate: Certificate, upstream: Upstream | None = None
) -> Iterator[Proxy]:
    target = read_target(evi.url, evi.api_key)
    with Proxy(target, certificate.chain_file, upstream) as proxy:
        yield proxy


@pytest.fixture
def proxy(evi: Evi, certificate: Certificate) -> Iterator[Proxy]:
    with proxying(evi, certificate) as proxy:
        yield proxy


@pytest.fixture
def trust(certificate: Certificate) -> ssl.SSLContext:
    return trusting(certificate.ca_file)


def test_requests(evi: Evi, proxy: Proxy, trust: ssl.SSLContext) -> None:
    """They are the world's, with their bodies, whatever key they have."""
    with httpx.Client(proxy=proxy.url, verify=trust, headers=KEY) as client:
        body = {"evi_version": "3", "name": "By proxy"}
        assert client.post(CONFIGS, json=body).status_code == 201
        assert client.get(CONFIGS, params={"name": "By proxy"}).status_code == 200
        assert client.get(f"{CONFIGS}/../tools").status_code == 200
    assert evi.configs["By proxy"]["version"] == 0
    assert [entry["method"] for entry in evi.journal.entries("http")] == ["POST", "GET", "GET"]
    assert proxy.count == 3


def test_a_chat(evi: Evi, proxy: Proxy, trust: ssl.SSLContext) -> None:
    """A WebSocket passes both ways, until either side closes it."""
    url = f"wss://{HOST}/v0/evi/chat?api_key=of-production"
    with connect(url, proxy=proxy.url, ssl=trust) as chat:
        assert json.loads(chat.recv(timeout=10))["type"] == "chat_metadata"
        chat.send(json.dumps({"type": "user_input", "text": "Hello"}))
        seen = evi.next_chat()
        seen.expect("user_input", text="Hello")
    seen.closed(1000)


def test_plain_http(evi: Evi, proxy: Proxy) -> None:
    """A request for an http URL passes, too: to the emulator, or to its own host."""
    with httpx.Client(proxy=proxy.url, headers=KEY) as client:
        assert client.get(f"http://{HOST}/v0/evi/configs").status_code == 200
        assert client.get(f"{evi.url}/v0/evi/configs").json()["configs_page"]
    assert proxy.count == 1
    assert len(evi.journal.entries("http")) == 1  # the other one has a key of its own


def test_other_hosts(evi: Evi, proxy: Proxy, certificate: Certificate) -> None:
    """Their bytes pass untouched, and through the proxy of before if there was one."""
    key = {"X-Hume-Api-Key": evi.api_key}
    with proxying(evi, certificate, read_upstream(proxy.url)) as second:
        host, port = _address(evi.url)
        with socket.create_connection(_address(second.url)) as client:
            client.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\n".encode())
            assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
            lines = [f"{name}: {value}\r\n" for name, value in key.items()]
            head = "GET /v0/evi/configs HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            client.sendall((head + "".join(lines) + "\r\n").encode())
            received = b"".join(iter(lambda: client.recv(65_536), b""))
    assert received.startswith(b"HTTP/1.1 200 ")
    assert (proxy.count, second.count) == (0, 0)


def test_the_service_passes_no_other_proxy(
    evi: Evi, certificate: Certificate, trust: ssl.SSLContext
) -> None:
    """One that is there for other hosts, and dead, is not asked; for them it is."""
    with (
        proxying(evi, certificate, Upstream("127.0.0.1", DEAD, "")) as proxy,
        httpx.Client(proxy=proxy.url, verify=trust, headers=KEY) as client,
    ):
        assert client.get(CONFIGS).status_code == 200
        with pytest.raises(httpx.ProxyError, match="502 Bad Gateway"):
            client.get("https://service.example/")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"this is a proxy: it takes CONNECT"),
        ("GET https://service.example/ HTTP/1.1\r\n\r\n", b"this is a proxy"),
        ("CONNECT :x HTTP/1.1\r\n\r\n", b"this is a proxy"),
        ("CONNECT a..b:443 HTTP/1.1\r\n\r\n", b"502 Bad Gateway"),
        ("nonsense\r\n\r\n", b"400 Bad Request"),
        ("GET / HTTP/1.1\r\nx\r\n\r\n", b"400 Bad Request"),
        ("GET /" + "x" * 100_000, b"400 Bad Request"),
    ],
)
def test_what_is_no_request_to_a_proxy(proxy: Proxy, sent: str, answer: bytes) -> None:
    """It is told what this is, and the proxy goes on."""
    with socket.create_connection(_address(proxy.url)) as client:
        client.sendall(sent.encode())
        client.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: _piece(client), b""))
    assert answer in received


def _address(url: str) -> tuple[str, int]:
    host, port = url.removeprefix("http://").split(":")
    return host, int(port)


def _piece(client: socket.socket) -> bytes:
    """Return what comes next; nothing where the proxy has closed with bytes unread."""
    try:
        return client.recv(65_536)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", None),
        ("http://proxy.example:3128", Upstream("proxy.example", 3128, "")),
        ("proxy.example:3128/", Upstream("proxy.example", 3128, "")),
        ("http://a:b%40c@proxy.example", Upstream("proxy.example", 80, "Basic YTpiQGM=")),
    ],
)
def test_the_proxy_of_before(given: str, expected: Upstream | None) -> None:
    assert read_upstream(given) == expected


@pytest.mark.parametrize("given", ["socks5://proxy.example", "https://proxy.example", "http://"])
def test_a_proxy_that_can_not_be_passed(given: str) -> None:
    with pytest.raises(UsageError, match="HTTPS_PROXY must be an http proxy such as"):
        read_upstream(given)


def test_a_proxys_password_is_hidden() -> None:
    with pytest.raises(UsageError, match=r"got 'https://\*\*\*@proxy.example'") as raised:
        read_upstream("https://user:se@c/ret@proxy.example")
    assert "se@c" not in str(raised.value)
