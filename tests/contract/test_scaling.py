"""Several emulators behind HAProxy: whatever names a key's world leads to the same one."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect

import emulator
from emulator.ready import wait_until_ready
from emulator.server import Server
from emulator.settings import Settings

ROOT = Path(emulator.__file__).parent.parent
CONFIGURATION = ROOT / "examples" / "scaling" / "haproxy.cfg"
HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")  # as on Debian
SERVER_HEADER = "X-EVI-Emulator-Server"
PATIENCE_S = 10
NAMES = ("one", "two", "three")
# Enough of them for both emulators, and letters that queries and forms have to escape.
KEYS = ["a", "b", "c", "d", "e", "f", "with space", "a+b", "a&b=c;d", "100%", "a,b", "clé"]
GRANT = {"grant_type": "client_credentials"}
FEW_KEYS = ["a", "with space", "a&b=c;d", "clé"]  # for what takes long: two in each emulator
SPEECH = {"utterances": [{"text": "Good morning."}], "instant_mode": False}
# A request of each API: method, path, JSON body. Expression Measurement takes no key in a query.
REQUESTS: list[tuple[str, str, object]] = [
    ("GET", "/v0/evi/chats", None),
    ("GET", "/v0/tts/voices?provider=HUME_AI", None),
    ("POST", "/v0/tts", {"utterances": SPEECH["utterances"]}),
    ("POST", "/v0/tts/file", {"utterances": SPEECH["utterances"]}),
    ("POST", "/v0/tts/stream/json", SPEECH),
    ("POST", "/v0/tts/stream/file", SPEECH),
    ("GET", "/v1/expression/runs", None),
    ("GET", "/_emulator/journal", None),
]

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed"),
]


@contextmanager
def balanced(servers: Sequence[Server], configuration: Path = CONFIGURATION) -> Iterator[str]:
    """The address of HAProxy in front of the servers. It inherits a socket that listens already."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number, port = listening.fileno(), listening.getsockname()[1]
        addresses = {
            f"EMULATOR_{index}": urlsplit(server.url).netloc
            for index, server in enumerate(servers, 1)
        }
        process = subprocess.Popen(
            [str(HAPROXY), "-db", "-f", str(configuration)],
            env={**os.environ, **addresses, "BALANCER": f"fd@{number}"},
            pass_fds=[number],
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url, PATIENCE_S * 1000)
            yield url
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@contextmanager
def emulators(count: int) -> Iterator[list[Server]]:
    with ExitStack() as running:
        settings = Settings(seed="demo", port=0)
        yield [running.enter_context(Server(settings)) for _ in range(count)]


@contextmanager
def caller(url: str) -> Iterator[httpx.Client]:
    """One that has no credentials of its own, and keeps its connections."""
    with httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Two emulators behind one address."""
    with emulators(2) as servers, balanced(servers) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with caller(url) as client:
        yield client


@pytest.fixture(params=KEYS)
def key(request: pytest.FixtureRequest, api_key: str) -> str:
    """A key that no other test has."""
    return f"{api_key}{request.param}"


def header(key: str) -> dict[bytes, bytes]:
    return {b"X-Hume-Api-Key": key.encode()}


def served_by(client: httpx.Client, key: str) -> str:
    """The name of the emulator that has the key's world."""
    answer = client.get("/_emulator/clock", headers=header(key))
    assert answer.status_code == 200, answer.text
    return str(answer.headers[SERVER_HEADER])


def mark(client: httpx.Client, key: str) -> None:
    """Leave something in the key's world."""
    body = {"name": "mark", "text": "Here."}
    assert client.post("/v0/evi/prompts", headers=header(key), json=body).status_code == 201


def finds_mark(
    client: httpx.Client, query: str = "", headers: dict[bytes, bytes] | None = None
) -> bool:
    answer = client.get(f"/v0/evi/prompts?name=mark&{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return len(answer.json()["prompts_page"]) == 1


def token(client: httpx.Client, key: str) -> str:
    """An access token, asked for with HTTP Basic."""
    answer = client.post("/oauth2-cc/token", data=GRANT, auth=(key, "secret"))
    return str(answer.json()["access_token"])


# what leads to a world


def test_headers_and_query(client: httpx.Client, key: str) -> None:
    """The key in the header and in the query, in both ways to write a space."""
    mark(client, key)
    assert finds_mark(client, headers=header(key))
    assert finds_mark(client, f"api_key={quote(key)}")
    assert finds_mark(client, f"api_key={quote(key).replace('%20', '+')}&page_size=1")


def test_tokens(client: httpx.Client, key: str) -> None:
    """A token comes from the emulator that has the world, and leads back to it."""
    mark(client, key)
    form = {**GRANT, "client_id": key, "client_secret": "secret"}
    by_form = str(client.post("/oauth2-cc/token", data=form).json()["access_token"])
    for each in (token(client, key), by_form):
        assert finds_mark(client, headers={b"Authorization": b"Bearer " + each.encode()})
        assert finds_mark(client, headers={b"Authorization": b"bearer " + each.encode()})
        assert finds_mark(client, f"access_token={each}")


def test_the_order_of_credentials(client: httpx.Client, api_key: str) -> None:
    """Of several the balancer takes the one that the emulator takes."""
    owners = {key: served_by(client, key) for key in (f"{api_key}-{n}" for n in range(30))}
    # No two in a row have worlds in the same emulator.
    header_key, query_key = [key for key in owners if owners[key] == "one"][:2]
    bearer_key, token_key = [key for key in owners if owners[key] == "two"][:2]
    query = f"access_token={token(client, token_key)}&api_key={query_key}"
    bearer = {b"Authorization": b"Bearer " + token(client, bearer_key).encode()}
    for key, headers in (
        (header_key, {**header(header_key), **bearer}),
        (bearer_key, {**header(""), **bearer}),
        (query_key, header("")),
    ):
        answer = client.get(f"/_emulator/script?{query}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers[SERVER_HEADER] == owners[key]


@pytest.mark.parametrize("credential", ["api_key", "access_token", "apiKey", "accessToken"])
def test_a_chat(url: str, client: httpx.Client, key: str, credential: str) -> None:
    """A WebSocket is the world's, to which the control plane speaks; both ends are told."""
    is_key = credential in ("api_key", "apiKey")
    value = quote(key, safe="") if is_key else token(client, key)
    address = f"{url.replace('http', 'ws')}/v0/evi/chat?{credential}={value}"
    with connect(address, proxy=None) as chat:
        chat_id = json.loads(chat.recv(PATIENCE_S))["chat_id"]
        body = {"type": "assistant_input", "text": "Here I am."}
        path = f"/v0/evi/chat/{chat_id}/send"
        assert client.post(path, headers=header(key), json=body).status_code == 200
        while (frame := json.loads(chat.recv(PATIENCE_S)))["type"] != "assistant_end":
            if frame["type"] == "assistant_message":
                assert frame["message"]["content"] == "Here I am."
    query = f"kind=frame&direction=in&chat_id={chat_id}&timeout={PATIENCE_S}"
    ends = client.get(f"/_emulator/journal/wait?{query}", headers=header(key)).json()["entries"]
    assert ends[-1]["close"] == 1000


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_requests_of_each_api(
    client: httpx.Client, api_key: str, method: str, path: str, body: object
) -> None:
    """Header, query and both ways to send a token lead to one emulator, whatever is asked for."""
    for key in (f"{api_key}{each}" for each in FEW_KEYS):
        by_token, expected = token(client, key), served_by(client, key)
        bearer = {b"Authorization": f"Bearer {by_token}".encode()}
        ways: list[tuple[dict[str, str], dict[bytes, bytes]]] = [({}, header(key)), ({}, bearer)]
        ways += [({"api_key": key}, {}), ({"access_token": by_token}, {})]
        for query, headers in ways:
            parameters = httpx.QueryParams(urlsplit(path).query).merge(query)
            address = urlsplit(path).path
            answer = client.request(method, address, params=parameters, headers=headers, json=body)
            assert answer.headers[SERVER_HEADER] == expected, (query, headers)
            assert answer.status_code == 200 or path.startswith("/v1/"), answer.text


def test_speech_is_in_its_world(client: httpx.Client, api_key: str) -> None:
    """What was said with any credential is among the generations of the key, and its voice is."""
    for key in (f"{api_key}{each}" for each in FEW_KEYS):
        bearer = {b"Authorization": f"Bearer {token(client, key)}".encode()}
        spoken = client.post("/v0/tts/stream/json", headers=bearer, json=SPEECH).text
        said = json.loads(spoken.splitlines()[0])
        listed = client.get("/_emulator/tts/generations", params={"api_key": key}).json()
        assert listed["generations"][-1]["generation_id"] == said["generation_id"]
        voice = {"name": "mark", "generation_id": said["generation_id"]}
        made = client.post("/v0/tts/voices", headers=header(key), json=voice)
        assert made.status_code == 200, made.text
        own = {"provider": "CUSTOM_VOICE", "api_key": key}
        found = client.get("/v0/tts/voices", params=own).json()["voices_page"]
        assert made.json()["id"] in [each["id"] for each in found]


@pytest.mark.parametrize("credential", ["api_key", "access_token"])
def test_a_stream_of_speech(url: str, client: httpx.Client, api_key: str, credential: str) -> None:
    """A socket of text-to-speech is the world's, whose journal has what it was sent."""
    for key in (f"{api_key}{each}" for each in FEW_KEYS):
        value = quote(key, safe="") if credential == "api_key" else token(client, key)
        query = f"{credential}={value}&instant_mode=false&no_binary=true"
        address = f"{url.replace('http', 'ws')}/v0/tts/stream/input?{query}"
        with connect(address, proxy=None) as stream:
            assert handshake_by(stream) == served_by(client, key)
            stream.send(json.dumps({"text": "Good morning.", "flush": True}))
            assert json.loads(stream.recv(PATIENCE_S))["type"] == "audio"
        listed = client.get("/_emulator/tts/generations", headers=header(key)).json()
        assert listed["generations"][-1]["operation"] == "stream-input"


@pytest.mark.parametrize("credential", ["api_key", "access_token", "apiKey", "accessToken"])
def test_a_client_joins_a_chat(
    url: str, client: httpx.Client, api_key: str, credential: str
) -> None:
    """The socket that joins a chat leads to the emulator where the chat is."""
    for key in (f"{api_key}{each}" for each in FEW_KEYS):
        is_key = credential in ("api_key", "apiKey")
        value = quote(key, safe="") if is_key else token(client, key)
        chats = f"{url.replace('http', 'ws')}/v0/evi/chat"
        begun = f"{chats}?{credential}={value}&allow_connection=true"
        with connect(begun, proxy=None) as chat:
            chat_id = json.loads(chat.recv(PATIENCE_S))["chat_id"]
            joined = f"{chats}/{chat_id}/connect?{credential}={value}"
            with connect(joined, proxy=None) as mirror:
                assert handshake_by(mirror) == handshake_by(chat) == served_by(client, key)
                chat.send(json.dumps({"type": "assistant_input", "text": "Here I am."}))
                while (frame := json.loads(mirror.recv(PATIENCE_S)))["type"] != "assistant_end":
                    if frame["type"] == "assistant_message":
                        assert frame["message"]["content"] == "Here I am."


def handshake_by(connection: ClientConnection) -> str:
    """The name of the emulator that a WebSocket leads to."""
    assert connection.response is not None
    return str(connection.response.headers[SERVER_HEADER])


def test_a_call_through_the_balancer(url: str, client: httpx.Client, api_key: str) -> None:
    """A call's webhook, its media stream and what its caller says meet in the world of the key."""
    for key in (f"{api_key}{each}" for each in FEW_KEYS):
        own, script = header(key), {"rules": [{"when": "order", "answer": "It is on its way."}]}
        assert client.post("/_emulator/clock/freeze", headers=own).status_code == 200
        assert client.put("/_emulator/script", headers=own, json=script).status_code == 200
        address = f"{url}/v0/evi/twilio?api_key={quote(key, safe='')}"
        order = {"url": address, "user": ["Where is my order?"]}
        call = client.post("/_emulator/calls", headers=own, json=order)
        assert call.status_code == 200, call.text
        said = [(line["who"], line["text"]) for line in call.json()["lines"]]
        assert said == [("caller", "Where is my order?"), ("answerer", "It is on its way.")]
        calls = client.get("/_emulator/calls", headers=own).json()["calls"]
        assert [each["chat_id"] for each in calls] == [call.json()["chat_id"]]


def test_a_world_by_its_reference(client: httpx.Client, api_key: str) -> None:
    """The inspector opens a world without its key, by a path that leads to its emulator."""
    for key in (f"{api_key}{each}" for each in FEW_KEYS):
        mark(client, key)
        reference = client.get("/_emulator/world", headers=header(key)).json()["reference"]
        answer = client.post(f"/_emulator/worlds/{reference}/token", headers=header("another"))
        assert answer.status_code == 200, answer.text
        assert answer.headers[SERVER_HEADER] == served_by(client, key)
        assert finds_mark(client, f"access_token={answer.json()['access_token']}")


def test_audio_needs_no_key(client: httpx.Client, key: str) -> None:
    """A signed URL leads through the balancer to the chat's world."""
    chat = client.get("/v0/evi/chats?page_size=1", headers=header(key)).json()["chats_page"][0]
    path = f"/v0/evi/chats/{chat['id']}/audio"
    states = [client.get(path, headers=header(key)).json() for _ in range(3)]
    signed = states[-1]["signed_audio_url"]
    assert urlsplit(signed).netloc == urlsplit(str(client.base_url)).netloc
    answer = client.get(signed, headers=header("another"))  # which does not count
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "audio/mp4"


def test_a_media_stream_needs_no_key(client: httpx.Client, key: str) -> None:
    """The path that a call was answered with leads through the balancer to the call's world."""
    call_sid = f"CA{secrets.token_hex(16)}"
    form = {"CallSid": call_sid, "AccountSid": "AC1", "From": "+1", "To": "+2"}
    answer = client.post("/v0/evi/twilio", params={"api_key": key}, data=form)
    found = re.search(r'url="(ws://[^"]+)"', answer.text)
    assert found is not None, answer.text
    assert urlsplit(found[1]).netloc == urlsplit(str(client.base_url)).netloc
    with connect(found[1]) as stream:
        stream.send(json.dumps({"event": "stop"}))
        with pytest.raises(ConnectionClosedOK):
            stream.recv(PATIENCE_S)


def test_without_credentials(client: httpx.Client, api_key: str) -> None:
    """What belongs to no world is answered by either, and has no effect on what comes next."""
    expected = served_by(client, api_key)
    for _ in range(4):
        assert client.get("/_emulator/health").status_code == 200
        assert client.get("/v0/evi/configs").status_code == 401
        preflight = {"Origin": "http://page.test", "Access-Control-Request-Method": "GET"}
        assert client.options("/v0/evi/configs", headers=preflight).status_code == 200
        assert served_by(client, api_key) == expected


# who has which worlds


def test_both_have_worlds(client: httpx.Client) -> None:
    """Of many keys each emulator has a fair part, and all stay where they are."""
    owners = [served_by(client, f"key-{number}") for number in range(100)]
    assert set(owners) == {"one", "two"}
    assert min(map(owners.count, set(owners))) >= 30
    assert owners == [served_by(client, f"key-{number}") for number in range(100)]


def test_an_emulator_stops() -> None:
    """The worlds of the other stay; those that it had begin anew there."""
    keys = [f"key-{number}" for number in range(20)]
    with emulators(2) as servers, balanced(servers) as url:
        with caller(url) as client:
            owners = {key: served_by(client, key) for key in keys}
            for key in keys:
                mark(client, key)
        servers[0].stop()
        with caller(url) as client:
            wait_until_it_moved(client, next(key for key in keys if owners[key] == "one"))
            assert {served_by(client, key) for key in keys} == {"two"}
            for key in keys:
                assert finds_mark(client, headers=header(key)) == (owners[key] == "two")


def wait_until_it_moved(client: httpx.Client, key: str) -> None:
    """Until the balancer knows that the key's emulator is gone; it says 503 after some tries."""
    give_up = time.monotonic() + PATIENCE_S
    while client.get("/_emulator/clock", headers=header(key)).status_code == 503:
        assert time.monotonic() < give_up, "nobody took the world over"


def test_an_emulator_is_added(tmp_path: Path) -> None:
    """With one more line, and some worlds move to it, but none between the others."""
    keys = [f"key-{number}" for number in range(60)]
    more = tmp_path / "haproxy.cfg"
    more.write_text(CONFIGURATION.read_text() + '    server three "${EMULATOR_3}" id 3\n')
    with emulators(3) as servers:
        with balanced(servers[:2]) as url, caller(url) as client:
            before = [served_by(client, key) for key in keys]
        with balanced(servers, more) as url, caller(url) as client:
            after = [served_by(client, key) for key in keys]
    assert set(after) == set(NAMES)
    assert all(new in (old, "three") for old, new in zip(before, after, strict=True))


# the files


def test_the_configuration_is_good() -> None:
    """HAProxy has nothing to say against it, with no variable set."""
    names = ("BALANCER", "EMULATOR_1", "EMULATOR_2")
    done = subprocess.run(
        [str(HAPROXY), "-dW", "-c", "-f", str(CONFIGURATION)],
        env={name: value for name, value in os.environ.items() if name not in names},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_shows_the_configuration() -> None:
    """Each line that docs/scaling.md quotes is one of the file."""
    lines = [line.strip() for line in CONFIGURATION.read_text().splitlines()]
    page = (ROOT / "docs" / "scaling.md").read_text()
    quoted = "".join(re.findall(r"```haproxy\n(.*?)```", page, re.DOTALL)).splitlines()
    assert quoted
    assert {line.strip() for line in quoted} <= {*lines}
