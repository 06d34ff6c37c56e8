"""Keys and tokens show in no journal, no log, no error body and no settings."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import httpx
import pytest
from starlette.testclient import TestClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emulator import Emulator
from emulator.errors import UsageError
from emulator.redaction.text import hide_in_text
from emulator.redaction.values import hide_in_query
from emulator.server import new_app
from emulator.settings import Settings, load_settings
from emulator.testing.world import Evi
from emulator.web.real_keys import looks_real

pytestmark = pytest.mark.slow

REAL = "Xk29fQz7LmN4pRt8vWy1bCd3eGh5jKs6aUo0iTqE2rZxV9cB"
SECRET = "sk-hunter22"
OF_MODEL = "language_model_api_key"
QUERIES = [
    f"api_key={SECRET}",
    f"page_size=1&access_token={SECRET}&page_number=0",
    f"api%5Fkey={SECRET}",
    f"apiKey={SECRET}",
    f"x=1&accessToken={SECRET}",
    f"session_settings[{OF_MODEL}]={SECRET}",
    f"session_settings%5B{OF_MODEL}%5D={SECRET}",
    "session_settings=" + quote(json.dumps({OF_MODEL: SECRET, "type": "session_settings"})),
]


@pytest.fixture
def evi() -> Iterator[Evi]:
    """A world of a server that logs every request."""
    with Emulator(seed="empty", log_requests=True) as server:
        yield server.world(SECRET)


# queries


@pytest.mark.parametrize("query", QUERIES)
def test_queries(evi: Evi, caplog: pytest.LogCaptureFixture, query: str) -> None:
    """Whichever way it is written, neither journal nor log has it; all else they have."""
    key = {"X-Hume-Api-Key": evi.api_key}
    answer = httpx.get(f"{evi.url}/v0/evi/configs?{query}&name=x", headers=key)
    missing = httpx.get(f"{evi.url}/v0/evi/nothing?{query}", headers=key)
    assert SECRET not in answer.text + missing.text
    assert SECRET not in caplog.text + json.dumps(evi.journal.entries()) + evi.timeline()
    assert "/v0/evi/configs?" in caplog.text
    assert "&name=x" in caplog.text
    assert evi.journal.entries(operation="list-configs")[0]["query"].endswith("&name=x")


def test_a_handshake_with_every_spelling(evi: Evi, caplog: pytest.LogCaptureFixture) -> None:
    """All of them are hidden, also those that do not count."""
    unused = {"apiKey": "unused-key-1", "accessToken": "unused-token-1"}
    query = urlencode({"api_key": SECRET, **unused})
    with connect(f"{evi.ws_url}?{query}", proxy=None):
        evi.next_chat()
    evi.journal.wait_for(close=1000)
    admin = httpx.get(f"{evi.url}/__admin/requests").text
    report = json.dumps([evi.contract.findings, evi.journal.entries()]) + evi.timeline()
    for secret in (SECRET, *unused.values()):
        assert secret not in report + admin + caplog.text
    [opened] = evi.journal.entries(operation="chat")
    assert opened["query"] == "api_key=(hidden)&apiKey=(hidden)&accessToken=(hidden)"


def test_other_queries_stay_as_they_are() -> None:
    """What is no key is shown as it was sent."""
    query = "name=a%20b&tag=api_key&page_size=10&x&my_max_tokens=1&api_key="
    assert hide_in_query(query) == query


@pytest.mark.parametrize("query", [each for each in QUERIES if OF_MODEL in each])
def test_a_chats_query(evi: Evi, caplog: pytest.LogCaptureFixture, query: str) -> None:
    """The key of a language model is in no frame, no event and no log."""
    with connect(f"{evi.ws_url}?api_key={SECRET}&{query}", proxy=None) as socket:
        chat = evi.next_chat()
        text = json.dumps({"type": "session_settings", OF_MODEL: SECRET})
        for frame in (text, text[:-5], f'{{"nested": {text}}}', text.replace("_api", "\\u005fapi")):
            socket.send(frame)
        chat.expect("session_settings")
    chat.closed(timeout=5)
    everything = json.dumps([evi.journal.entries(), chat.events]) + evi.timeline()
    assert SECRET not in everything
    assert SECRET not in caplog.text


@pytest.mark.parametrize("name", ["session_settings", "event_limit"])
def test_findings_about_a_chats_query(evi: Evi, name: str) -> None:
    """What is refused is told, but for the key in it."""
    query = urlencode({"api_key": evi.api_key, name: json.dumps({OF_MODEL: SECRET})[:-1] + ",]"})
    with pytest.raises(InvalidStatus), connect(f"{evi.ws_url}?{query}", proxy=None):
        pass
    [found] = evi.contract.findings
    assert (found["code"], found["got"]) == ("request_invalid", f'{{"{OF_MODEL}": "(hidden)",]')
    assert SECRET not in json.dumps(evi.journal.entries())


def test_who_joins_sees_no_key(evi: Evi) -> None:
    """The client's settings are shown to those who join, now and later, without it."""
    settings = json.dumps({"type": "session_settings", OF_MODEL: SECRET, "system_prompt": "Hi"})
    with connect(f"{evi.ws_url}?api_key={SECRET}&allow_connection=true", proxy=None) as socket:
        socket.send(settings)
        chat = evi.next_chat()
        chat.expect("session_settings")
        address = f"{evi.ws_url}/{chat.id}/connect?api_key={SECRET}"
        with connect(address, proxy=None) as joined:
            seen = [json.loads(joined.recv(timeout=10)) for _ in range(2)]
            socket.send(settings)
            seen.append(json.loads(joined.recv(timeout=10)))
    assert [each["type"] for each in seen] == ["chat_metadata", *["session_settings"] * 2]
    assert [each[OF_MODEL] for each in seen[1:]] == ["(hidden)"] * 2


# requests, answers, deliveries


def test_request_bodies_and_errors(evi: Evi, caplog: pytest.LogCaptureFixture) -> None:
    """Also those that are refused, or cut off in the middle of an escaped quote."""
    key = {"X-Hume-Api-Key": evi.api_key, "Authorization": f"Bearer {SECRET}"}
    with connect(f"{evi.ws_url}?api_key={SECRET}", proxy=None):
        url = f"{evi.url}/v0/evi/chat/{evi.next_chat().id}/send"
        body = {"type": "session_settings", OF_MODEL: f'a"{SECRET}', "variables": {"x": []}}
        wrong = httpx.post(url, json=body, headers=key)
        cut = httpx.post(url, content=json.dumps(body)[:-40], headers=key)
        number = httpx.post(url, content=f'{{"{OF_MODEL}": 12345678, "type": 1}}', headers=key)
    assert {wrong.status_code, cut.status_code, number.status_code} == {422}
    everything = wrong.text + cut.text + number.text + json.dumps(evi.journal.entries())
    assert SECRET not in everything + caplog.text
    assert "12345678" not in everything


def test_refused_credentials(caplog: pytest.LogCaptureFixture) -> None:
    """A key or a token that isn't accepted is not repeated."""
    with Emulator(seed="empty", api_key=("good",), log_requests=True) as server:
        url = f"{server.url}/v0/evi/configs"
        answers = [
            httpx.get(url, headers={"X-Hume-Api-Key": SECRET}),
            httpx.get(url, headers={"Authorization": f"Bearer {SECRET}"}),
            httpx.get(f"{url}?api_key={SECRET}"),
            httpx.post(
                f"{server.url}/oauth2-cc/token",
                data={"grant_type": "client_credentials"},
                auth=(SECRET, SECRET),
            ),
        ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert SECRET not in "".join(answer.text for answer in answers) + caplog.text


def test_deliveries(evi: Evi) -> None:
    """A webhook tells neither the caller's key nor what it is signed with."""
    receiver = evi.webhook_receiver()
    evi.webhooks.trigger("chat_ended", url=receiver.url)
    shown = json.dumps(evi.webhooks.deliveries) + str(receiver.received)
    assert SECRET not in shown
    assert evi.signing_key not in shown


def test_settings_are_shown_without_secrets() -> None:
    """Neither over HTTP, nor where one is refused."""
    app = new_app(Settings(seed="empty", api_key=(SECRET,), signing_key=SECRET))
    shown = TestClient(app).get("/_emulator/settings").json()
    assert (shown["api_key"], shown["signing_key"]) == ("(hidden)", "(hidden)")
    with_keys = (f"http://user:{SECRET}@127.0.0.1/", f"http://127.0.0.1/v1?token={SECRET}")
    rules = tuple(f"https://llm.example.com={url}" for url in with_keys)
    settings = Settings(seed="empty", brain=with_keys[0], ears=with_keys[1], map_url=rules)
    text = TestClient(new_app(settings)).get("/_emulator/settings").text
    assert SECRET not in text
    assert SECRET not in repr(Settings(brain_key=SECRET, ears_key=SECRET))
    with pytest.raises(UsageError) as caught:
        load_settings({"api_key": f"{SECRET},"}, {})
    assert SECRET not in str(caught.value)
    assert "without empty items, got (hidden) (from --api-key)" in str(caught.value)


# the log


@pytest.mark.parametrize(
    "text",
    [
        f"GET /v0/evi/chat?api_key={SECRET}&x=1 HTTP/1.1",
        f"X-Hume-Api-Key: {SECRET}",
        f"[(b'x-hume-api-key', b'{SECRET}'), (b'host', b'x')]",
        f"Authorization: Bearer {SECRET}",
        f"(b'authorization', b'Basic {SECRET}')",
        f"SessionSettings({OF_MODEL}='{SECRET}', type='x')",
        f'{{"{OF_MODEL}": "{SECRET}"}}',
        f"b'access_token={SECRET}'",
        f"apiKey={SECRET}",
        f"'accessToken': '{SECRET}'",
    ],
)
def test_text(text: str) -> None:
    """What is logged, such as the message of an exception, loses what looks like a key."""
    assert SECRET not in hide_in_text(text)
    assert "(hidden)" in hide_in_text(text)
    assert hide_in_text(hide_in_text(text)) == hide_in_text(text)


def test_a_traceback_of_anybodys(evi: Evi, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the server's libraries log goes through the same sieve."""
    try:
        raise ValueError(f"X-Hume-Api-Key: {SECRET}")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("wrong: %s", f"?api_key={SECRET}")
    assert "wrong: ?api_key=(hidden)\nTraceback" in caplog.text
    assert "ValueError: X-Hume-Api-Key: (hidden)" in caplog.text


# real keys


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name == "emulator"]


def test_a_real_key_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """Whichever way it comes; the warning has its last four characters, and says what to do."""
    client = TestClient(new_app(Settings(seed="empty")))
    client.get("/v0/evi/configs", headers={"X-Hume-Api-Key": REAL})
    client.get(f"/v0/evi/configs?api_key={REAL}")
    client.request("DELETE", "/_emulator/world", headers={"X-Hume-Api-Key": REAL})
    client.get(f"/v0/evi/configs?api_key={REAL}")
    [warning] = warnings_in(caplog)
    assert REAL[-5:] not in warning
    assert warning == (
        f"the API key that ends in '{REAL[-4:]}' looks real: the emulator takes any key, such as "
        "'any', and a real one belongs nowhere but to Hume's API"
    )
    client.get(f"/v0/evi/configs?api_key={REAL[::-1]}")
    assert len(warnings_in(caplog)) == 2


def test_a_real_key_that_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """It should not have been sent either."""
    client = TestClient(new_app(Settings(seed="empty", api_key=("good",))))
    for _ in range(2):
        grant = {"grant_type": "client_credentials"}
        assert client.post("/oauth2-cc/token", data=grant, auth=(REAL, "x")).status_code == 401
    assert len(warnings_in(caplog)) == 1


@pytest.mark.parametrize(
    "key",
    [
        "any",
        "test-key",
        "evi-83b29fd69a9032fc3115a21daef32b48",
        "83b29fd69a9032fc3115a21daef32b48",
        "0B3C9A5E8D7F5C539A0E6F1F6F2F6A51",
        "0b3c9a5e-8d7f-5c53-9a0e-6f1f6f2f6a51",
        "TestKeyForMyIntegrationTests1234",
        "myVeryLongApiKeyForTheTestsOfVersion2OfTheApp",
        "ключ" * 12,
    ],
)
def test_keys_that_are_made_up(key: str) -> None:
    """Words and ids are no real keys."""
    assert not looks_real(key)


def test_a_world_of_the_testing_kit(caplog: pytest.LogCaptureFixture) -> None:
    """Its own keys never look real; one that a test gives may."""
    with Emulator(seed="empty") as server:
        server.world()
        assert warnings_in(caplog) == []
        server.world(REAL)
    assert len(warnings_in(caplog)) == 1


@pytest.mark.process
def test_the_first_lines_have_no_real_key() -> None:
    """What `serve` prints may be kept by CI."""
    command = [sys.executable, "-m", "emulator", "--port", "0", "--seed", "empty"]
    process = subprocess.Popen([*command, "--api-key", REAL], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
    finally:
        process.kill()
        process.communicate()
    assert f'api_key="...{REAL[-4:]}"' in "".join(lines)
    assert REAL not in "".join(lines)
