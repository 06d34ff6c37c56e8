"""https and wss: the vendor's clients over a certificate made on the spot."""

import asyncio
import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from hume import AsyncHumeClient, HumeClient
from hume.empathic_voice import UserInput

from emulator import Emulator
from emulator.testing.world import Evi
from tests.contract import test_chat_typescript as typescript

pytestmark = pytest.mark.filterwarnings(
    "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
)

TIMEOUT_S = 30
RECORDED = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"  # a chat of the demo seed


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator(tls=True) as server:
        yield server


@pytest.fixture
def evi(server: Emulator) -> Iterator[Evi]:
    evi = server.world()
    yield evi
    evi.close()


@pytest.fixture
def client(evi: Evi) -> Iterator[httpx.Client]:
    """HTTP that trusts the emulator's CA and no other."""
    assert evi.ca_file is not None
    trusted = ssl.create_default_context(cafile=evi.ca_file)
    headers = {"X-Hume-Api-Key": evi.api_key}
    with httpx.Client(
        base_url=evi.url, headers=headers, verify=trusted, trust_env=False, timeout=TIMEOUT_S
    ) as client:
        yield client


def test_the_addresses_say_so(evi: Evi, client: httpx.Client) -> None:
    """https and wss; nothing is answered in the clear, nor to who trusts the usual CAs alone."""
    assert evi.url.startswith("https://127.0.0.1:")
    assert evi.ws_url.startswith("wss://127.0.0.1:")
    assert client.get("/_emulator/health").json()["status"] == "ok"
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(evi.url.replace("https", "http"), trust_env=False)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(evi.url, trust_env=False)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_the_names_of_this_machine(evi: Evi, client: httpx.Client, name: str) -> None:
    """The certificate is for each of them."""
    port = urlsplit(evi.url).port
    assert client.get(f"https://{name}:{port}/_emulator/health").status_code == 200


def test_signed_audio_urls(client: httpx.Client) -> None:
    """They have the scheme that they were asked for with, and work."""
    for _ in range(3):
        audio = client.get(f"/v0/evi/chats/{RECORDED}/audio").json()
    assert audio["signed_audio_url"].startswith("https://127.0.0.1:")
    assert client.get(audio["signed_audio_url"]).headers["Content-Type"] == "audio/mp4"


def test_pythons_client(evi: Evi) -> None:
    """The handle's clients trust the CA without more ado."""
    names = [config.name for config in evi.client().empathic_voice.configs.list_configs()]
    assert names == [config["name"] for config in evi.configs]

    async def list_them() -> list[str | None]:
        configs = await evi.async_client().empathic_voice.configs.list_configs()
        return [config.name async for config in configs]

    assert asyncio.run(list_them()) == names


def test_pythons_chat(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hume's client has no setting for it: OpenSSL's variable says whom its sockets trust."""
    monkeypatch.setenv("SSL_CERT_FILE", str(evi.ca_file))
    evi.script.on_user("weather").say("It snows.")
    client: HumeClient = evi.client()
    with client.empathic_voice.chat.connect() as socket:
        socket.send_publish(UserInput(text="What's the weather?"))
        types = [socket.recv().type]
        while types[-1] != "assistant_end":
            types.append(socket.recv().type)
        chat = evi.next_chat()
        assert chat.is_live
    assert types[0] == "chat_metadata"
    assert chat.messages[-1] == ("assistant", "It snows.")
    chat.closed()


def test_pythons_async_chat(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same from asyncio."""
    monkeypatch.setenv("SSL_CERT_FILE", str(evi.ca_file))

    async def talk() -> None:
        client: AsyncHumeClient = evi.async_client()
        async with client.empathic_voice.chat.connect() as socket:
            await socket.send_publish(UserInput(text="Hello"))
            assert (await socket.recv()).type == "chat_metadata"
            chat = await evi.anext_chat()
            await chat.aexpect("user_input", text="Hello")
        await chat.aclosed()

    asyncio.run(talk())


@pytest.mark.process
@pytest.mark.skipif(bool(typescript.why_not()), reason=typescript.why_not())
def test_the_typescript_helper_for_tokens(evi: Evi, client: httpx.Client) -> None:
    """`fetchAccessToken` insists on https, and gets a token of the key's world."""
    given = {"apiKey": evi.api_key, "secretKey": "any", "host": urlsplit(evi.url).netloc}
    evi.client().empathic_voice.prompts.create_prompt(name="mine", text="")
    done = subprocess.run(
        ["node", "token.mjs"],
        cwd=typescript.NODE,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(evi.ca_file)},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr
    bearer = {"Authorization": f"Bearer {json.loads(done.stdout)['token']}", "X-Hume-Api-Key": ""}
    found = client.get("/v0/evi/prompts?name=mine", headers=bearer).json()
    assert found["total_pages"] == 1


@pytest.mark.process
@pytest.mark.skipif(bool(typescript.why_not()), reason=typescript.why_not())
def test_the_typescript_chat(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A conversation over wss, and REST beside it."""
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(evi.ca_file))
    node = typescript.Node("chat.mjs")
    try:
        actions = [{"send": {"type": "user_input", "text": "Hello"}}, {"await": "assistant_end"}]
        received = node.hold(url=evi.url, apiKey=evi.api_key, options={}, actions=actions)
    finally:
        node.close()
    assert received["messages"][-1]["type"] == "assistant_end"
    assert evi.next_chat().messages[0] == ("user", "Hello")
