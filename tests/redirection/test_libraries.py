"""Code that names the service's host, in a test's own process: `evi.patch_hume(monkeypatch)`."""

import asyncio
import json
import socket
import sys
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import httpcore
import httpx
import pytest
import requests
import urllib3
import websockets.asyncio.client
import websockets.sync.client

from emulator import Emulator
from emulator.redirection.imports import AfterImport
from emulator.testing.world import Evi
from tests.outgoing.receiver import Receiver

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the vendor's client uses what is deprecated
    import websockets.legacy.client
    from hume import AsyncHumeClient, HumeClient

pytestmark = pytest.mark.filterwarnings(
    "ignore:websockets.* is deprecated:DeprecationWarning",
    "ignore:connect.. must be used as a context manager:DeprecationWarning",
)

HOST = "api.hume.ai"
CONFIGS = f"https://{HOST}/v0/evi/configs?page_size=1"
CHAT = f"wss://{HOST}/v0/evi/chat"
KEY = {"X-Hume-Api-Key": "of-production"}
DEAD_PROXY = "http://127.0.0.1:9"

Get = Callable[[str, dict[str, str]], int]


def get_by_httpx(url: str, headers: dict[str, str]) -> int:
    with httpx.Client(proxy=DEAD_PROXY) as client:
        return client.get(url, headers=headers).status_code


def get_by_async_httpx(url: str, headers: dict[str, str]) -> int:
    async def get() -> int:
        async with (
            httpx.AsyncClient(proxy=DEAD_PROXY) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            await answer.aread()
            return answer.status_code

    return asyncio.run(get())


def get_by_requests(url: str, headers: dict[str, str]) -> int:
    proxies = {"https": DEAD_PROXY}
    answer = requests.get(url, headers=headers, proxies=proxies, timeout=10)
    assert answer.url == url
    return answer.status_code


def get_by_urllib(url: str, headers: dict[str, str]) -> int:
    proxy = urllib.request.ProxyHandler({"https": DEAD_PROXY})
    opener = urllib.request.build_opener(proxy, urllib.request.HTTPErrorProcessor())
    with opener.open(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return int(answer.status)


def get_by_aiohttp(url: str, headers: dict[str, str]) -> int:
    async def get() -> int:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(url, params={}, proxy=DEAD_PROXY) as answer,
        ):
            assert str(answer.url) == url
            return answer.status

    return asyncio.run(get())


REQUESTS: list[Get] = [
    get_by_httpx,
    get_by_async_httpx,
    get_by_requests,
    get_by_urllib,
    get_by_aiohttp,
]


@pytest.mark.parametrize("get", REQUESTS)
def test_requests(get: Get, evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each library's request is the world's, whatever its key and its proxy."""
    evi.patch_hume(monkeypatch)
    assert get(CONFIGS, KEY) == 200
    [entry] = evi.journal.entries("http")
    assert (entry["path"], entry["query"]) == ("/v0/evi/configs", "page_size=1")


@pytest.mark.parametrize("get", REQUESTS)
def test_other_hosts(
    get: Get, evi: Evi, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """They are left alone: what asks for them goes by the proxy, which is dead."""
    evi.patch_hume(monkeypatch)
    with pytest.raises((OSError, httpx.ConnectError, aiohttp.ClientError)):
        get("https://service.example/v0/evi/configs", KEY)
    assert evi.journal.entries("http") == []


def first_of(text: str | bytes) -> str:
    return str(json.loads(text)["type"])


def chat_by_threads(url: str, headers: dict[str, str]) -> str:
    with websockets.sync.client.connect(url, additional_headers=headers) as chat:
        return first_of(chat.recv(timeout=10))


def chat_by_asyncio(url: str, headers: dict[str, str]) -> str:
    async def chat() -> str:
        async with websockets.asyncio.client.connect(url, additional_headers=headers) as chat:
            return first_of(await chat.recv())

    return asyncio.run(chat())


def chat_by_legacy(url: str, headers: dict[str, str]) -> str:
    async def chat() -> str:
        connect: Any = websockets.legacy.client.connect
        async with connect(uri=url, extra_headers=headers) as chat:
            return first_of(await chat.recv())

    return asyncio.run(chat())


def chat_by_aiohttp(url: str, headers: dict[str, str]) -> str:
    async def chat() -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, headers=headers) as chat,
        ):
            return first_of((await chat.receive()).data)

    return asyncio.run(chat())


CHATS = [chat_by_threads, chat_by_asyncio, chat_by_legacy, chat_by_aiohttp]


@pytest.mark.parametrize("chat", CHATS)
def test_sockets(
    chat: Callable[[str, dict[str, str]], str], evi: Evi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each library's WebSocket is the world's, with its key in the query or in a header."""
    evi.patch_hume(monkeypatch)
    monkeypatch.setenv("HTTPS_PROXY", DEAD_PROXY)
    assert chat(f"{CHAT}?api_key=of-production", {}) == "chat_metadata"
    assert chat(CHAT, KEY) == "chat_metadata"
    assert [entry["status"] for entry in evi.journal.entries("http")] == [101, 101]


def test_the_vendors_client(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made without a `base_url`, with a key that only the service would know."""
    evi.patch_hume(monkeypatch)
    client = HumeClient(api_key="of-production")
    config = client.empathic_voice.configs.create_config(evi_version="3", name="Mine")
    with client.empathic_voice.chat.connect(config_id=config.id) as chat:
        assert chat.recv().type == "chat_metadata"
    assert evi.configs["Mine"]["id"] == config.id
    assert evi.next_chat().group_id


def test_the_vendors_async_client(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk() -> str:
        client = AsyncHumeClient(api_key="of-production")
        await client.empathic_voice.tools.list_tools()
        async with client.empathic_voice.chat.connect() as chat:
            return str((await chat.recv()).type)

    evi.patch_hume(monkeypatch)
    assert asyncio.run(talk()) == "chat_metadata"
    assert evi.journal.entries("http")[0]["operation"] == "list-tools"


def test_parameters_by_aiohttp(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are given apart from the URL follow those in it."""

    async def get() -> None:
        async with aiohttp.ClientSession() as session:
            query = [("page_number", "0"), ("api_key", "of-production")]
            await session.get(CONFIGS, params=query, headers=KEY)

    evi.patch_hume(monkeypatch)
    asyncio.run(get())
    [entry] = evi.journal.entries("http")
    assert entry["query"] == "page_size=1&page_number=0&api_key=(hidden)"


def test_a_request_without_a_key(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays without, and is refused as the service would."""
    evi.patch_hume(monkeypatch)
    assert httpx.get(CONFIGS).status_code == 401


def test_tokens(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token route gives out the world's own, which then need no change."""
    evi.patch_hume(monkeypatch)
    asked = httpx.post(
        f"https://{HOST}/oauth2-cc/token",
        auth=("of-production", "secret"),
        data={"grant_type": "client_credentials"},
    )
    token = asked.json()["access_token"]
    assert chat_by_threads(f"{CHAT}?access_token={token}", {}) == "chat_metadata"
    assert evi.next_chat().is_live is not None


def test_two_worlds(evi: Evi, evi_server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last that asked gets the requests, until its patch is undone."""
    evi.patch_hume(monkeypatch)
    with closing(evi_server.world()) as other, pytest.MonkeyPatch.context() as inner:
        other.patch_hume(inner)
        for get in REQUESTS:
            get(CONFIGS, KEY)
        assert len(other.journal.entries("http")) == len(REQUESTS)
    assert evi.journal.entries("http") == []
    get_by_httpx(CONFIGS, KEY)
    assert len(evi.journal.entries("http")) == 1


def test_it_is_undone(evi: Evi) -> None:
    """Nothing is left of it when the test is over."""

    def all_that_changes() -> list[Any]:
        return [
            list(sys.meta_path),
            socket.getaddrinfo,
            httpcore.ConnectionPool.handle_request,
            httpcore.AsyncConnectionPool.handle_async_request,
            aiohttp.ClientRequest.__init__,
            urllib3.HTTPConnectionPool.urlopen,
            websockets.asyncio.client.connect.__init__,
            websockets.sync.client.connect,
        ]

    before = all_that_changes()
    with pytest.MonkeyPatch.context() as monkeypatch:
        evi.patch_hume(monkeypatch)
        assert all(old != new for old, new in zip(before[:4], all_that_changes(), strict=False))
    assert all_that_changes() == before


def test_what_a_program_adds_to_the_imports_stays(evi: Evi) -> None:
    """A package such as six has a finder of its own, without which its modules are not found."""
    with pytest.MonkeyPatch.context() as outer, pytest.MonkeyPatch.context() as monkeypatch:
        before = sys.meta_path
        outer.setattr(sys, "meta_path", list(before))
        evi.patch_hume(monkeypatch)
        theirs = AfterImport({})
        sys.meta_path.append(theirs)
        monkeypatch.undo()
        assert sys.meta_path == [*before, theirs]


def test_what_is_not_redirected(
    evi: Evi, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It does not reach the service: its name has no address, and the test is told."""
    evi.patch_hume(monkeypatch)
    with pytest.raises(socket.gaierror, match="could not redirect a connection of tests to api"):
        socket.create_connection((HOST, 443))
    assert "evi.patch_hume: could not redirect a connection of tests" in capfd.readouterr().err
    assert socket.getaddrinfo("127.0.0.1", 80)


def test_another_version_of_a_library(
    evi: Evi, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it has no more is told, and the program goes on."""
    monkeypatch.setitem(sys.modules, "httpcore2", ModuleType("httpcore2"))
    evi.patch_hume(monkeypatch)
    expected = "httpcore2 can't be redirected: AttributeError: module 'httpcore2' has no attribute"
    assert expected in capfd.readouterr().err
    assert get_by_httpx(CONFIGS, KEY) == 200


# over https


@pytest.fixture(scope="module")
def secure() -> Iterator[Emulator]:
    with Emulator(seed="empty", tls=True) as server:
        yield server


@pytest.mark.slow
def test_an_emulator_with_tls(secure: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each library trusts its CA, without a variable or an option that says so.

    But for aiohttp's, whose connections by TLS outlive the loop.
    """
    with closing(secure.world()) as evi:
        evi.patch_hume(monkeypatch)
        for get in REQUESTS:
            assert get is get_by_aiohttp or get(CONFIGS, KEY) == 200
        for chat in CHATS:
            assert chat is chat_by_aiohttp or chat(CHAT, KEY) == "chat_metadata"


# modules that are imported later


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that nobody has imported."""
    (tmp_path / "imported_late.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "imported_late", raising=False)
    return "imported_late"


def test_a_library_that_is_imported_later(late: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked after once it is loaded; the outer one last, if two wait for it."""
    acts: list[Any] = []
    for act in (lambda module: acts.append(module.value), lambda module: acts.append("outer")):
        monkeypatch.setattr(sys, "meta_path", [AfterImport({late: act}), *sys.meta_path])
    module = __import__(late)
    assert acts == [1, "outer"]
    assert module.__spec__ is not None
    assert module.__spec__.origin == module.__file__
