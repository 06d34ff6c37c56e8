"""The chat WebSocket: handshakes, frames, the control plane, limits."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from emulator.apis.evi.state import EviState
from emulator.server import Server
from emulator.settings import Settings
from tests.audio.decoding.recordings import KINDS, RATE, pieces, recording

UNKNOWN = "00000000-0000-4000-8000-000000000000"


class Chat:
    """A client of the socket that reads what comes."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.metadata = self.read()

    @property
    def id(self) -> str:
        return str(self.metadata["chat_id"])

    def read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=10))
        return message

    def read_until(self, type: str) -> list[dict[str, Any]]:
        """Every message up to the first of that type."""
        messages = [self.read()]
        while messages[-1]["type"] != type:
            messages.append(self.read())
        return messages

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def close_code(self) -> int:
        """The code that the server closes with, after what it still sends."""
        for _ in self.socket:
            pass
        assert self.socket.close_code is not None
        return self.socket.close_code


@pytest.fixture
def url(server: Server) -> str:
    return server.url.replace("http", "ws")


@pytest.fixture
def headers(api_key: str) -> dict[str, str]:
    return {"X-Hume-Api-Key": api_key}


@pytest.fixture
def chat(url: str, headers: dict[str, str]) -> Iterator[Chat]:
    with connect(f"{url}/v0/evi/chat", additional_headers=headers, proxy=None) as socket:
        yield Chat(socket)


def refusal(address: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """The status and the body of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as refused:
        connect(address, additional_headers=headers, proxy=None)
    response = refused.value.response
    return response.status_code, json.loads(response.body or b"null")


# the handshake


@pytest.mark.parametrize("query", ["", "?", "?fernSdkLanguage=JavaScript&x[y][z]=1&[=2"])
def test_a_chat_opens(query: str, url: str, headers: dict[str, str]) -> None:
    """chat_metadata comes first, whatever unknown keys the query has."""
    with connect(f"{url}/v0/evi/chat{query}", additional_headers=headers, proxy=None) as socket:
        metadata = Chat(socket).metadata

    assert metadata["type"] == "chat_metadata"
    assert set(metadata) == {
        "type", "chat_id", "chat_group_id", "request_id", "custom_session_id"
    }  # fmt: skip


def test_the_key_may_stand_in_the_query(url: str, api_key: str, remote: httpx.Client) -> None:
    """A browser can't send headers: api_key and access_token open a chat in the same world."""
    token = remote.post(
        "/oauth2-cc/token", auth=(api_key, "x"), data={"grant_type": "client_credentials"}
    ).json()["access_token"]
    for query in (f"api_key={api_key}", f"access_token={token}"):
        with connect(f"{url}/v0/evi/chat?{query}", proxy=None) as socket:
            chat_id = Chat(socket).id
            assert remote.get(f"/v0/evi/chats/{chat_id}").json()["status"] == "ACTIVE"


@pytest.mark.parametrize(
    "query",
    [
        "apiKey={key}",
        "accessToken={token}",
        "apiKey={key}&api_key=",
        "api_key={key}&apiKey=another&accessToken=wrong",
        "apiKey=another&access_token={token}",
        "accessToken=wrong&apiKey={key}",
    ],
)
def test_the_older_spellings_in_the_query(
    query: str, url: str, api_key: str, remote: httpx.Client
) -> None:
    """Older clients send apiKey and accessToken. Of several, the spelling of today counts."""
    form = {"grant_type": "client_credentials"}
    token = remote.post("/oauth2-cc/token", auth=(api_key, "x"), data=form).json()["access_token"]
    query = query.format(key=api_key, token=token)
    with connect(f"{url}/v0/evi/chat?allow_connection=true&{query}", proxy=None) as socket:
        chat_id = Chat(socket).id
        assert remote.get(f"/v0/evi/chats/{chat_id}").json()["status"] == "ACTIVE"
        with connect(f"{url}/v0/evi/chat/{chat_id}/connect?{query}", proxy=None) as joined:
            assert Chat(joined).id == chat_id


@pytest.mark.parametrize("query", ["", "?access_token=wrong", "?accessToken=wrong", "?apikey=x"])
def test_without_credentials_there_is_no_upgrade(query: str, url: str) -> None:
    """The handshake is answered with HTTP 401 and the gateway's body."""
    status, body = refusal(f"{url}/v0/evi/chat{query}")
    assert status == 401
    assert set(body) == {"fault"}


def test_a_query_that_cannot_be_read(url: str, headers: dict[str, str]) -> None:
    """422 names every problem with its place."""
    query = "event_limit=x&session_settings[audio][sample_rate]=-1&allow_connection=maybe"
    status, body = refusal(f"{url}/v0/evi/chat?{query}", headers)

    assert status == 422
    places = [".".join(map(str, each["loc"])) for each in body["detail"]]
    assert "query.event_limit" in places
    assert "query.allow_connection" in places
    assert "query.session_settings.audio.sample_rate" in places


def test_a_get_without_an_upgrade(server: Server) -> None:
    """Who takes the socket for a page is told to upgrade."""
    answer = httpx.get(f"{server.url}/v0/evi/chat", trust_env=False)
    assert answer.status_code == 426
    assert answer.headers["Upgrade"] == "websocket"
    assert answer.json()["code"] == "websocket_expected"


def settings_event(remote: httpx.Client, chat_id: str) -> Any:
    events = remote.get(f"/v0/evi/chats/{chat_id}").json()["events_page"]
    [text] = [each["message_text"] for each in events if each["type"] == "SESSION_SETTINGS"]
    return json.loads(text)


@pytest.mark.parametrize("encoded", [True, False], ids=["encoded", "raw"])
def test_settings_in_brackets(
    encoded: bool, url: str, headers: dict[str, str], remote: httpx.Client
) -> None:
    """Settings in the query are recorded: numbers as numbers, each variable as a text."""
    pairs = {
        "session_settings[audio][sample_rate]": "16000",
        "session_settings[audio][channels]": "1",
        "session_settings[audio][encoding]": "linear16",
        "session_settings[variables][name]": "John",
        "session_settings[variables][age]": "30.0",
        "session_settings[variables][fine]": "true",
        "session_settings[event_limit]": "100",
        "session_settings[context][text]": "a rainy day",
        "session_settings[custom_session_id]": "mine",
    }
    query = "&".join(
        f"{quote(key, safe='') if encoded else key}={quote(value)}" for key, value in pairs.items()
    )
    with connect(f"{url}/v0/evi/chat?{query}", additional_headers=headers, proxy=None) as socket:
        chat = Chat(socket)
        assert chat.metadata["custom_session_id"] == "mine"
        recorded = settings_event(remote, chat.id)

    assert recorded == {
        "type": "session_settings",
        "audio": {"sample_rate": 16000, "channels": 1, "encoding": "linear16"},
        "variables": {"name": "John", "age": "30.0", "fine": "true"},
        "event_limit": 100,
        "context": {"text": "a rainy day"},
        "custom_session_id": "mine",
    }


@pytest.mark.parametrize(
    "query",
    [
        "session_settings[variables]=" + quote('{"name": "Joshua", "age": 30}'),
        "session_settings=" + quote('{"variables": {"name": "Joshua", "age": 30}}'),
    ],
)
def test_settings_as_json_text(
    query: str, url: str, headers: dict[str, str], remote: httpx.Client
) -> None:
    """Objects may also be written as JSON text."""
    with connect(f"{url}/v0/evi/chat?{query}", additional_headers=headers, proxy=None) as socket:
        recorded = settings_event(remote, Chat(socket).id)
    assert recorded["variables"] == {"name": "Joshua", "age": "30"}


def test_the_older_voice_id(url: str, headers: dict[str, str], remote: httpx.Client) -> None:
    """A voice_id beside the session settings counts as one of them."""
    address = f"{url}/v0/evi/chat?voice_id=ITO"
    with connect(address, additional_headers=headers, proxy=None) as socket:
        assert settings_event(remote, Chat(socket).id)["voice_id"] == "ITO"


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        (f"config_id={UNKNOWN}", "config_not_found"),
        ("config_id=1b60e1a0-cc59-424a-8d2c-189d354db3f3&config_version=99", "config_not_found"),
        (f"resumed_chat_group_id={UNKNOWN}", "chat_group_not_found"),
    ],
)
def test_what_does_not_exist(query: str, slug: str, url: str, headers: dict[str, str]) -> None:
    """The socket opens, an error frame says what is missing, and the socket closes with 1000."""
    with connect(f"{url}/v0/evi/chat?{query}", additional_headers=headers, proxy=None) as socket:
        error = json.loads(socket.recv(timeout=10))
        assert (error["type"], error["slug"]) == ("error", slug)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


# frames


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "E0100"),
        ("{", "E0100"),
        ('{"type": "session_settings", "metadata": {"a": NaN}}', "E0100"),
        ('{"type": "user_input", "text": "\\ud800"}', "E0100"),
        ("[" * 100_000, "E0100"),
        ("[]", "E0101"),
        ('{"text": "no type"}', "E0101"),
        ('{"type": "user_inpt", "text": "hi"}', "E0101"),
        ('{"type": "user_input"}', "E0101"),
        ('{"type": "audio_input", "data": "%%%"}', "E0101"),
        ('{"type": "tool_response", "tool_call_id": "x", "content": "y"}', "EMU02"),
    ],
)
def test_a_bad_frame_does_not_end_the_chat(frame: str, code: str, chat: Chat) -> None:
    """It gets its error frame, and the chat goes on."""
    chat.socket.send(frame)
    error = chat.read()
    assert (error["type"], error["code"]) == ("error", code)

    chat.send(type="user_input", text="Hello")
    assert chat.read()["message"]["content"] == "Hello"


def test_a_client_that_vanishes_ends_its_chat(
    server: Server, api_key: str, remote: httpx.Client
) -> None:
    """A connection that breaks without a close is the chat's end too."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        address = f"ws://{host}:{port}/v0/evi/chat?api_key={api_key}"
        with connect(address, sock=raw, proxy=None, close_timeout=0.1) as client:
            chat_id = Chat(client).id
            raw.shutdown(socket.SHUT_RDWR)
    assert status_in_the_end(remote, chat_id) == "USER_ENDED"


def status_in_the_end(remote: httpx.Client, chat_id: str) -> str:
    """The status of a chat that is about to end: a few requests later."""
    for _ in range(1000):
        status: str = remote.get(f"/v0/evi/chats/{chat_id}").json()["status"]
        if status != "ACTIVE":
            break
    return status


def test_a_timeout_closes_the_socket(chat: Chat, remote: httpx.Client) -> None:
    """Ten minutes later, now: the error frame, the close with 1000, the status."""
    remote.post("/_emulator/clock/advance", json={"seconds": 600})

    error = chat.read()
    assert error["code"] == "E0714"
    assert error["message"] == (
        "Chat was ended because no user message was received in 600 seconds."
    )
    assert chat.close_code() == 1000
    status = remote.get(f"/v0/evi/chats/{chat.id}").json()["status"]
    assert status == "INACTIVITY_TIMEOUT"


def test_a_reset_ends_the_chats_of_its_world(chat: Chat, remote: httpx.Client) -> None:
    """Nothing of before is left: the socket closes, the chat is gone."""
    remote.post("/_emulator/reset")
    assert chat.close_code() == 1000
    assert remote.get(f"/v0/evi/chats/{chat.id}").status_code == 404


def test_the_journal_has_every_frame(chat: Chat, remote: httpx.Client) -> None:
    """Both ways, in order, with the sound and the secrets left out."""
    chat.send(type="session_settings", language_model_api_key="sk-secret")
    chat.send(type="audio_input", data="AAAA" * 100)
    chat.send(type="user_input", text="Hello")
    sent = chat.read_until("assistant_end")

    entries = remote.get("/_emulator/journal", params={"kind": "frame", "chat_id": chat.id}).json()[
        "entries"
    ]
    out = [each["content"] for each in entries if each["direction"] == "out"]
    assert [each["type"] for each in out] == ["chat_metadata", *(each["type"] for each in sent)]
    assert all(len(each["data"]) < 40 for each in out if each["type"] == "audio_output")
    came = [each["content"] for each in entries if each["direction"] == "in"]
    assert len(came) == 3
    assert "sk-secret" not in json.dumps(entries)
    assert "AAAAAAAA" not in came[1]


# sound


def tone(ms: int, rate: int = 16_000) -> bytes:
    """16-bit PCM: a loud square wave."""
    period = (20_000).to_bytes(2, "little") * 20 + (-20_000).to_bytes(2, "little", signed=True) * 20
    return (period * (rate * ms // 1000 // 40 + 1))[: rate * ms // 1000 * 2]


def silence(ms: int, rate: int = 16_000) -> bytes:
    return bytes(rate * ms // 1000 * 2)


def test_an_audio_turn(chat: Chat, remote: httpx.Client) -> None:
    """Sound, then silence: the turn is over, and the queued text is what was heard."""
    remote.post("/_emulator/heard", json={"text": "Good morning"})
    audio = {"encoding": "linear16", "sample_rate": 16_000, "channels": 1}
    chat.send(type="session_settings", audio=audio)
    for part in (tone(700), silence(500), silence(400)):
        chat.socket.send(part)

    message = chat.read()
    assert message["message"]["content"] == "Good morning"
    assert (message["from_text"], message["interim"]) == (False, False)
    assert len(message["models"]["prosody"]["scores"]) == 48
    chat.read_until("assistant_end")
    types = [each["type"] for each in remote.get(f"/v0/evi/chats/{chat.id}").json()["events_page"]]
    assert types.count("USER_RECORDING_START_MESSAGE") == 1


def test_a_turn_is_over_when_no_more_sound_comes(chat: Chat, remote: httpx.Client) -> None:
    """A client that stops sending is silent: its turn ends by the clock."""
    remote.post("/_emulator/clock/freeze")
    audio = {"encoding": "linear16", "sample_rate": 16_000, "channels": 1}
    chat.send(type="session_settings", audio=audio)
    chat.socket.send(tone(500))
    chat.send(type="user_input")  # its error frame says that what came before has been heard
    chat.read()

    remote.post("/_emulator/clock/advance", json={"seconds": 0.8})
    assert chat.read()["message"]["content"] == "I have been speaking for 0.5 seconds."


@pytest.mark.parametrize("kind", KINDS)
def test_recordings_of_browsers_and_others(chat: Chat, kind: str, remote: httpx.Client) -> None:
    """They are heard, in frames of 4,000 bytes after one of a single byte."""
    data = recording(kind)
    remote.post("/_emulator/heard", json={"text": "Good morning"})
    audio = {"encoding": "linear16", "sample_rate": RATE, "channels": 1}
    chat.send(type="session_settings", audio=audio)
    for piece in (data[:1], *pieces(data[1:], 4_000)):
        chat.socket.send(piece)
    assert chat.read()["message"]["content"] == "Good morning"


def test_sound_that_can_not_be_decoded(chat: Chat, remote: httpx.Client) -> None:
    """The chat ends as the service ends it."""
    chat.socket.send(b"fLaC" + bytes(100))
    assert chat.read()["code"] == "I0116"
    assert chat.close_code() == 1000
    assert remote.get(f"/v0/evi/chats/{chat.id}").json()["status"] == "ERROR"


def test_a_chat_that_goes_on_after_such_sound() -> None:
    """As --transcription-failure asks."""
    with Server(Settings(seed="empty", port=0, transcription_failure="continue")) as server:
        address = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key=any"
        with connect(address, proxy=None) as socket:
            chat = Chat(socket)
            chat.socket.send(b"fLaC" + bytes(100))
            assert chat.read()["code"] == "I0116"
            chat.send(type="user_input", text="Hello")
            assert chat.read()["type"] == "user_message"


# the control plane


@pytest.fixture
def open_chat(url: str, headers: dict[str, str]) -> Iterator[Chat]:
    """One that may be joined."""
    address = f"{url}/v0/evi/chat?allow_connection=true"
    with connect(address, additional_headers=headers, proxy=None) as socket:
        yield Chat(socket)


def test_who_joins_sees_everything(open_chat: Chat, url: str, headers: dict[str, str]) -> None:
    """All messages so far, then each as it happens, for as long as the chat lasts."""
    open_chat.send(type="user_input", text="Hello")
    before = [open_chat.metadata, *open_chat.read_until("assistant_end")]
    address = f"{url}/v0/evi/chat/{open_chat.id}/connect?fernSdkLanguage=x"
    with connect(address, additional_headers=headers, proxy=None) as socket:
        joined = Chat(socket)
        assert [joined.metadata, *joined.read_until("assistant_end")] == before

        open_chat.send(type="session_settings", variables={"a": "b"})
        assert joined.read()["type"] == "session_settings"

        joined.send(type="user_input", text="From outside")
        assert open_chat.read() == joined.read()

        joined.read_until("assistant_end")
        open_chat.socket.close()
        assert joined.close_code() == 1000


def test_who_joins_may_not_speak(open_chat: Chat, url: str, headers: dict[str, str]) -> None:
    """Audio is refused, as a message and as a binary frame, and the chat stays open."""
    address = f"{url}/v0/evi/chat/{open_chat.id}/connect"
    with connect(address, additional_headers=headers, proxy=None) as socket:
        joined = Chat(socket)
        joined.send(type="audio_input", data="AAAA")
        assert joined.read()["code"] == "EMU08"
        joined.socket.send(b"\0\0\0\0")
        assert joined.read()["code"] == "EMU08"
    open_chat.send(type="user_input", text="Still here")  # who was told nothing of this
    assert open_chat.read()["message"]["content"] == "Still here"


def test_joining_needs_permission(chat: Chat, url: str, headers: dict[str, str]) -> None:
    """A chat that was not opened for it can't be joined; nor can one that is not live."""
    connects = f"{url}/v0/evi/chat"
    status, body = refusal(f"{connects}/{chat.id}/connect", headers)
    assert (status, body["code"]) == (403, "connection_not_allowed")
    status, body = refusal(f"{connects}/{UNKNOWN}/connect", headers)
    assert (status, body["code"]) == (404, "chat_not_found")
    seeded = "470a49f6-1dec-4afe-8b61-035d3b2d63b0"
    status, body = refusal(f"{connects}/{seeded}/connect", headers)
    assert (status, body["code"]) == (404, "chat_not_live")
    status, body = refusal(f"{connects}/", headers)
    assert (status, body["code"]) == (404, "chat_id_missing")


def test_send_speaks_into_the_chat(chat: Chat, remote: httpx.Client) -> None:
    """It needs no permission; audio is not among what it takes."""
    path = f"/v0/evi/chat/{chat.id}/send"
    said = {"type": "assistant_input", "text": "A word from our sponsor."}
    assert remote.post(path, json=said).status_code == 200

    message = chat.read()
    assert message["message"]["content"] == "A word from our sponsor."
    assert message["from_text"] is True
    audio = {"type": "audio_input", "data": "AAAA"}
    assert remote.post(path, json=audio).status_code == 422


# limits


def test_a_limit_of_chats(api_key: str) -> None:
    """The next one is refused with 429 until one has ended; other worlds have their own."""
    with Server(Settings(seed="empty", port=0, max_chats=1)) as server:
        address = server.url.replace("http", "ws") + "/v0/evi/chat"
        with connect(f"{address}?api_key={api_key}", proxy=None) as first:
            Chat(first)
            status, body = refusal(f"{address}?api_key={api_key}")
            assert (status, body["code"]) == (429, "too_many_chats")
            with connect(f"{address}?api_key=other", proxy=None) as other:
                Chat(other)

        with connect(f"{address}?api_key={api_key}", proxy=None) as second:
            Chat(second)


def test_a_client_that_does_not_read_is_cut_off(api_key: str) -> None:
    """What waits for it is bounded; other chats don't notice."""
    settings = Settings(seed="empty", port=0, max_unsent_bytes=1_000_000)
    with Server(settings) as server:
        address = server.url.replace("http", "ws") + f"/v0/evi/chat?api_key={api_key}"
        key = {"X-Hume-Api-Key": api_key}
        with (
            connect(address, proxy=None, max_queue=1, close_timeout=0.1) as slow,
            httpx.Client(base_url=server.url, headers=key, trust_env=False) as remote,
        ):
            chat_id = Chat(slow).id
            with suppress(ConnectionClosed):  # as it should, sooner or later
                for _ in range(100):
                    slow.send(json.dumps({"type": "assistant_input", "text": "blah " * 100}))
            with connect(address, proxy=None) as other:
                chat = Chat(other)
                chat.send(type="user_input", text="Hello")
                assert chat.read_until("assistant_end")

            journal = remote.get("/_emulator/journal", params={"chat_id": chat_id}).json()
            errors = [each["error"] for each in journal["entries"] if "error" in each]
            assert any("1000000 bytes and more" in error for error in errors)
            assert status_in_the_end(remote, chat_id) == "USER_ENDED"


def test_a_world_without_sound(api_key: str) -> None:
    """With audio_output off, a turn has its text and its scores, and no audio frame."""
    with Server(Settings(seed="empty", port=0, audio_output=False)) as server:
        address = server.url.replace("http", "ws") + f"/v0/evi/chat?api_key={api_key}"
        with connect(address, proxy=None) as socket:
            chat = Chat(socket)
            chat.send(type="user_input", text="Hello there")
            types = {message["type"] for message in chat.read_until("assistant_end")}
    assert types == {"user_message", "assistant_message", "assistant_prosody", "assistant_end"}


def test_one_long_text_takes_little_memory(chat: Chat, server: Server, api_key: str) -> None:
    """An answer of many minutes is queued as it is, not as its sound."""
    live = next(iter(server.app.worlds.get(api_key).state(EviState).live.values()))
    queued: list[int] = []

    def put(messages: list[Any], over: bool = False) -> None:
        queued.append(
            len({id(each["data"]) for each in messages if each["type"] == "audio_output"})
        )

    live.join(put)
    chat.send(type="user_input", text="One. " * 2_000)
    while chat.read()["type"] != "assistant_end":
        pass
    assert max(queued) <= 5  # that many different pieces of sound


def test_a_bad_query_is_no_bug(url: str, headers: dict[str, str]) -> None:
    """Settings nested without end are refused, and leave no chat behind."""
    deep = "session_settings" + "[x]" * 50 + "=1"
    status, body = refusal(f"{url}/v0/evi/chat?{deep}", headers)
    assert status == 422
    assert body["detail"][0]["type"] == "too_deep"


def test_an_unknown_socket(url: str, headers: dict[str, str]) -> None:
    """A WebSocket anywhere else is told where chats are."""
    status, body = refusal(f"{url}/chat", headers)
    assert (status, body["code"]) == (404, "path_not_found")
    assert "/v0/evi/chat" in body["message"]


def test_a_frame_too_deep_for_the_journal(chat: Chat, remote: httpx.Client) -> None:
    """The journal can be read whatever clients send."""
    for depth in (250, 252, 254, 300, 1_000):
        chat.socket.send(
            '{"type": "session_settings", "metadata": {"a": ' + "[" * depth + "]" * depth + "}}"
        )
    chat.send(type="user_input", text="Hello")
    chat.read_until("assistant_end")
    assert remote.get("/_emulator/journal").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"type": "session_settings", "variables": {"a": None}},
        {
            "type": "session_settings",
            "audio": {"encoding": "linear16", "channels": 0, "sample_rate": 0},
        },
    ],
)
def test_send_refuses_what_is_no_message(
    body: dict[str, Any], chat: Chat, remote: httpx.Client
) -> None:
    """What the document allows and the chat doesn't is a 422 with its place."""
    answer = remote.post(f"/v0/evi/chat/{chat.id}/send", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"


def test_a_nudge_that_is_always_due_is_refused(remote: httpx.Client) -> None:
    """An interval below a second would never end."""
    config = {"evi_version": "3", "name": "x", "nudges": {"enabled": True, "interval_secs": -1}}
    assert remote.post("/v0/evi/configs", json=config).status_code == 422


def test_a_described_format_counts_from_then_on(chat: Chat, remote: httpx.Client) -> None:
    """Settings that come after the first sound describe the sound that follows."""
    chat.socket.send(silence(100))
    audio = {"encoding": "linear16", "sample_rate": 16_000, "channels": 1}
    chat.send(type="session_settings", audio=audio)
    chat.socket.send(tone(1_000) + silence(900))
    assert chat.read()["message"]["content"] == "I have been speaking for 1.0 seconds."


def test_keys_of_language_models_are_hidden(chat: Chat, remote: httpx.Client) -> None:
    """Neither a request nor a frame shows them in the journal."""
    body = {"type": "session_settings", "language_model_api_key": "sk-very-secret"}
    remote.post(f"/v0/evi/chat/{chat.id}/send", json=body)
    chat.send(**body)
    chat.send(**body, system_prompt="x" * 20_000)  # longer than what is shown
    chat.send(type="user_input", text="Hello")
    chat.read_until("assistant_end")
    assert "sk-very-secret" not in remote.get("/_emulator/journal").text


def test_live_chats_are_listed(url: str, remote: httpx.Client, api_key: str) -> None:
    """Those to which a client is connected, and no other: an ACTIVE one of the seed is not."""
    live = "/_emulator/chats/live"
    assert remote.get(live).json() == {"chat_ids": []}
    with connect(f"{url}/v0/evi/chat?api_key={api_key}", proxy=None) as socket:
        chat = Chat(socket)
        assert remote.get(live).json() == {"chat_ids": [chat.id]}
        socket.close()
        remote.get("/_emulator/journal/wait?kind=frame&direction=in")
    assert remote.get(live).json() == {"chat_ids": []}
