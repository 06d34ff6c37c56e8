"""Every kind of finding, brought about by a client that does just that."""

import json
import socket
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from emulator.apis.evi.contract.frames import (
    ERRORS_WITHOUT_FINDING,
    FINDING_BY_ERROR,
    FINDING_BY_FRAME_ERROR,
    is_base64,
    judge_frame,
)
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.contract.findings import FINDINGS, find
from emulator.contract.webhooks import judge_attempt
from emulator.outgoing.outbox import WebhookResult
from emulator.redaction.values import hide_in_string
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.outgoing.receiver import Receiver, always
from tests.testing.talking import http, joining, talking

CONFIGS = "/v0/evi/configs"
JSON = {"Content-Type": "application/json"}
FRACTION = {"enabled": True, "duration_secs": 600.5}
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def ask(evi: Evi, method: str, path: str, **options: Any) -> httpx.Response:
    with http(evi) as client:
        return client.request(method, path, **options)


def only(evi: Evi) -> dict[str, Any]:
    """The one finding that there is."""
    [found] = evi.contract.findings
    return found


# requests

REQUESTS: dict[str, tuple[tuple[str, str, dict[str, Any]], dict[str, Any]]] = {
    "path_unknown": (
        ("GET", "/v0/evi/config", {}),
        {"subject": "GET /v0/evi/config", "hint": "the closest is GET /v0/evi/configs"},
    ),
    "method_unknown": (
        ("PUT", CONFIGS, {}),
        {"got": f"PUT {CONFIGS}", "expected": "one of GET, POST"},
    ),
    "request_invalid": (
        ("GET", CONFIGS, {"params": {"page_size": "0"}}),
        {
            "subject": "list-configs",
            "place": "/query/page_size",
            "expected": "greater than or equal to 1",
            "got": "0",
        },
    ),
    "request_refused": (
        ("POST", CONFIGS, {"json": {"evi_version": "2", "name": "A"}}),
        {"place": "/body", "got": "evi_version_unknown"},
    ),
    "value_unlisted": (
        (
            "POST",
            CONFIGS,
            {
                "json": {
                    "evi_version": "3",
                    "name": "A",
                    "language_model": {"model_resource": "https://example.com/chat/completions"},
                }
            },
        ),
        {
            "place": "/body/language_model/model_resource",
            "expected": "a value that the document or one of Hume's SDKs lists",
            "got": "https://example.com/chat/completions",
            "hint": "it is kept as it is; a URL belongs to the model_provider "
            "CUSTOM_LANGUAGE_MODEL",
        },
    ),
    "body_too_large": (
        ("POST", CONFIGS, {"content": b"x" * 1_100_000, "headers": JSON}),
        {"subject": "create-config"},
    ),
    "field_unknown": (
        ("POST", "/v0/evi/prompts", {"json": {"name": "A", "text": "B", "txet": "C"}}),
        {
            "subject": "create-prompt",
            "place": "/body/txet",
            "got": "txet",
            "hint": "did you mean 'text'?",
        },
    ),
    "parameter_unknown": (
        ("GET", CONFIGS, {"params": {"page_siz": "3"}}),
        {"place": "/query/page_siz", "hint": "did you mean 'page_size'?"},
    ),
    "parameter_repeated": (
        ("GET", f"{CONFIGS}?page_size=3&page_size=4", {}),
        {"place": "/query/page_size", "got": 2},
    ),
    "value_coerced": (
        ("GET", CONFIGS, {"params": {"restrict_to_most_recent": "yes"}}),
        {"place": "/query/restrict_to_most_recent", "got": "yes", "expected": "true or false"},
    ),
    "page_base": (
        ("GET", CONFIGS, {"params": {"page_number": "1"}}),
        {"place": "/query/page_number", "got": 1, "expected": "0 for the first page"},
    ),
    "body_unexpected": (
        ("DELETE", f"{CONFIGS}/{UNKNOWN_ID}", {"content": b"{}", "headers": JSON}),
        {"subject": "delete-config", "place": "/body"},
    ),
    "content_type_missing": (
        ("POST", "/v0/evi/prompts", {"content": b'{"name":"A","text":"B"}'}),
        {"place": "/headers/Content-Type", "expected": "application/json"},
    ),
    "accept_excludes_json": (
        ("GET", CONFIGS, {"headers": {"Accept": "text/html, application/xml;q=0.9"}}),
        {"place": "/headers/Accept", "got": "text/html, application/xml;q=0.9"},
    ),
    "voice_unlisted": (
        (
            "POST",
            CONFIGS,
            {
                "json": {
                    "evi_version": "3",
                    "name": "A",
                    "voice": {"name": "Kara", "provider": "HUME_AI"},
                }
            },
        ),
        {"place": "/body/voice/name", "got": "Kara", "hint": "did you mean 'Kora'?"},
    ),
    "key_in_query": (
        ("GET", f"{CONFIGS}?api_key=mine", {}),
        {"place": "/query/api_key", "got": "(hidden)"},
    ),
}


@pytest.mark.parametrize("code", REQUESTS)
def test_a_request(evi: Evi, code: str) -> None:
    """The finding is in the contract and in the request's journal entry, and stands alone."""
    (method, path, options), wanted = REQUESTS[code]
    ask(evi, method, path, **options)

    found = only(evi)
    assert {name: found[name] for name in ("code", *wanted)} == {"code": code, **wanted}
    assert found["level"] == FINDINGS[code].level
    entry = evi.journal.entries(kind="http")[0]
    assert (found["first_seq"], found["last_seq"], found["count"]) == (entry["seq"],) * 2 + (1,)
    told = {name: found[name] for name in entry["findings"][0]}
    assert entry["findings"] == [told]


def test_a_name_that_is_taken(evi: Evi) -> None:
    """It is a refusal, too, though its status is 409."""
    body = {"name": "A", "parameters": "{}"}
    statuses = [ask(evi, "POST", "/v0/evi/tools", json=body).status_code for _ in range(2)]
    assert statuses == [201, 409]
    found = only(evi)
    assert (found["code"], found["subject"], found["got"]) == (
        "request_refused", "create-tool", "name_taken",
    )  # fmt: skip


def test_a_refused_request_with_another_mistake(evi: Evi) -> None:
    """Both are found, whether the document or the handler refuses the request."""
    invalid = {"name": 7, "parameters": "{}", "descripton": "A"}
    assert ask(evi, "POST", "/v0/evi/tools", json=invalid).status_code == 422
    taken = {"name": "A", "parameters": "{}", "descripton": "A"}
    statuses = [ask(evi, "POST", "/v0/evi/tools", json=taken).status_code for _ in range(2)]
    assert statuses == [201, 409]
    found = {each["code"]: each["count"] for each in evi.contract.findings}
    assert found == {"field_unknown": 3, "request_invalid": 1, "request_refused": 1}


GOOD: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", CONFIGS, {}),
    ("GET", CONFIGS, {"params": {"page_number": "0", "page_size": "5", "name": "x"}}),
    ("GET", CONFIGS, {"params": {"restrict_to_most_recent": "false"}}),
    ("GET", CONFIGS, {"headers": {"Accept": "text/html;q=0.5, application/json"}}),
    ("GET", CONFIGS, {"headers": {"Accept": "*/*"}}),
    ("POST", "/v0/evi/prompts", {"json": {"name": "A", "text": "B"}}),
    ("GET", f"{CONFIGS}/{UNKNOWN_ID}", {}),  # a 404 for an id is no fault of the client
    ("GET", "/v0/tts/voices", {"params": {"provider": "HUME_AI"}}),
]


@pytest.mark.parametrize(("method", "path", "options"), GOOD)
def test_a_request_as_the_document_has_it(
    evi: Evi, method: str, path: str, options: dict[str, Any]
) -> None:
    """There is nothing to say of it."""
    ask(evi, method, path, **options)
    assert evi.contract.findings == []
    assert "findings" not in evi.journal.entries()[0]


def test_page_one_after_page_zero_is_fine(evi: Evi) -> None:
    """Each list is begun for itself, by page 0 or by no page at all."""
    with http(evi) as client:
        client.get(CONFIGS)
        client.get(CONFIGS, params={"page_number": 1})
        client.get("/v0/evi/tools", params={"page_number": 1})
    assert (only(evi)["code"], only(evi)["subject"]) == ("page_base", "list-tools")


def test_whole_numbers_with_a_fraction(evi: Evi) -> None:
    """JSON Schema takes 600.0 for an integer; not every service does."""
    timeouts = {"inactivity": {"enabled": True, "duration_secs": 600.0}}
    body = {"evi_version": "3", "name": "A", "timeouts": timeouts}
    assert ask(evi, "POST", CONFIGS, json=body).status_code == 201
    found = only(evi)
    assert (found["code"], found["place"]) == (
        "value_coerced",
        "/body/timeouts/inactivity/duration_secs",
    )
    assert (found["got"], found["expected"]) == (600.0, "an integer: 600")


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("GET", CONFIGS, {"params": {"page_size": "--1"}}, "/query/page_size"),
    ("GET", CONFIGS, {"params": {"page_size": "+-1"}}, "/query/page_size"),
    ("GET", CONFIGS, {"params": {"restrict_to_most_recent": "maybe"}}, "/query/restrict_to"),
    ("GET", CONFIGS, {"params": {"restrict_to_most_recent": ""}}, "/query/restrict_to"),
    ("POST", CONFIGS, {}, "/body"),
    (
        "POST",
        CONFIGS,
        {"json": {"evi_version": "3", "name": "A", "timeouts": {"inactivity": FRACTION}}},
        "/body/timeouts/inactivity/duration_secs",
    ),
]


@pytest.mark.parametrize(("method", "path", "options", "place"), REFUSED)
def test_what_is_refused_is_found_once(
    evi: Evi, method: str, path: str, options: dict[str, Any], place: str
) -> None:
    """Nothing else is said of it, such as that it was read generously."""
    assert ask(evi, method, path, **options).status_code == 422
    assert only(evi)["code"] == "request_invalid"
    assert only(evi)["place"].startswith(place)


def test_a_body_of_unknown_length(evi: Evi) -> None:
    """It comes in chunks, and is a body like any other."""
    ask(evi, "GET", CONFIGS, content=iter([b"{}"]))
    assert only(evi)["code"] == "body_unexpected"


@pytest.mark.parametrize("text", ["007", "+7"])
def test_odd_integers(evi: Evi, text: str) -> None:
    """They are read, though nobody writes them so."""
    ask(evi, "GET", CONFIGS, params={"page_size": text})
    assert (only(evi)["code"], only(evi)["expected"]) == ("value_coerced", "7")


def test_unknown_fields_at_any_depth(evi: Evi) -> None:
    """In objects, in lists, in members of a union; free-form values may hold anything."""
    tools = [{"id": UNKNOWN_ID, "verion": 0}]
    voice = {"name": "Ava Song", "provider": "HUME_AI", "speed": 2}
    body = {"evi_version": "3", "name": "A", "tools": tools, "voice": voice, "prompt": None}
    ask(evi, "POST", CONFIGS, json=body)
    unknown = {each["place"] for each in evi.contract.findings if each["code"] == "field_unknown"}
    assert unknown == {"/body/tools/0/verion", "/body/voice/speed"}

    live = evi.simulate(user=["Hi"], end_reason="ACTIVE")
    metadata = {"anything": {"deep": [1]}}
    message = {"type": "session_settings", "metadata": metadata, "variables": {"a": "b"}}
    ask(evi, "POST", f"/v0/evi/chat/{live.id}/send", json=message)
    assert not [each for each in evi.contract.findings if each["subject"] == "send"]


def test_what_a_fault_answers_is_judged_too(evi: Evi) -> None:
    """The request is the client's all the same, and its answer is none of its doing."""
    evi.faults.add("http", "status", status=400)
    ask(evi, "POST", "/v0/evi/prompts", json={"name": "A", "text": "B", "txet": "C"})
    assert only(evi)["code"] == "field_unknown"


def test_keys_are_not_told(evi: Evi) -> None:
    """Not even where they are the value that is wrong."""
    with http(evi) as client:
        client.get(f"{CONFIGS}?api_key=a-secret-key")
        client.get(f"{CONFIGS}?access_token=a-secret-token")
        settings = {"language_model_api_key": ["a-secret-list"], "type": "session_settings"}
        live = evi.simulate(user=["Hi"], end_reason="ACTIVE")
        client.post(f"/v0/evi/chat/{live.id}/send", json=settings)
    assert len(evi.contract.findings) == 2
    assert "secret" not in json.dumps([evi.contract.findings, evi.journal.entries()])


def test_who_has_no_key(evi: Evi) -> None:
    """Nobody's world is told; the report of all worlds has it."""
    with Emulator(api_key=("the-key",)) as server:
        httpx.get(f"{server.url}{CONFIGS}", trust_env=False)
        httpx.get(f"{server.url}{CONFIGS}?page_siz=1", headers={"X-Hume-Api-Key": "no"})
        address = f"{server.url.replace('http', 'ws')}/v0/evi/chat?api_key=no"
        with pytest.raises(InvalidStatus):
            connect(address, proxy=None)
        found = server.contract_report().findings
    assert [(each["code"], each["subject"], each["got"]) for each in found] == [
        ("credentials_refused", "list-configs", "No API key or access token was sent"),
        ("credentials_refused", "list-configs", "Invalid ApiKey"),
        ("credentials_refused", "chat socket", "Invalid ApiKey"),
    ]


# chats


def send_text(evi: Evi, text: str) -> None:
    with talking(evi) as talk:
        talk.socket.send(text)


def send(evi: Evi, **message: Any) -> None:
    send_text(evi, json.dumps(message))


def ask_for_weather(evi: Evi) -> None:
    evi.script.on_user("weather").call_tool("get_weather", {}).say("{tool_result}")


def answer_another_call(evi: Evi) -> None:
    ask_for_weather(evi)
    with talking(evi) as talk:
        talk.say("weather")
        call = talk.read_until("tool_call")
        talk.send(type="tool_response", tool_call_id="mine", content="sun")
        talk.send(type="tool_response", tool_call_id=call["tool_call_id"], content="sun")
        talk.read_until("assistant_end")


def leave_a_call_open(evi: Evi) -> None:
    ask_for_weather(evi)
    with talking(evi) as talk:
        talk.say("weather")
        talk.read_until("tool_call")


def send_audio_after_joining(evi: Evi) -> None:
    with talking(evi, allow_connection="true") as talk:
        chat_id = talk.read_until("chat_metadata")["chat_id"]
        with joining(evi, chat_id) as other:
            other.socket.send(b"\0" * 100)
            other.read_until("error")


def send_mu_law(evi: Evi) -> None:
    layout = struct.pack("<HHIIHH", 7, 1, 8_000, 8_000, 1, 8)
    with talking(evi) as talk:
        talk.socket.send(b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + layout + b"data\0\0\0\0")
        talk.read_until("error")


def leave_out_a_variable(evi: Evi) -> None:
    config = evi.client().empathic_voice.configs.create_config(
        evi_version="3", name="A", prompt={"text": "Greet {{name}}."}
    )
    with talking(evi, config_id=config.id) as talk:
        talk.say("Hello")
        talk.read_until("error")


def name_an_unknown_config(evi: Evi) -> None:
    with talking(evi, config_id=UNKNOWN_ID) as talk:
        talk.read_until("error")


def break_the_connection(evi: Evi) -> None:
    with talking(evi) as talk:
        talk.read_until("chat_metadata")
        raw = talk.socket.socket
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.shutdown(socket.SHUT_RDWR)


CHATS: dict[str, tuple[Callable[[Evi], None], dict[str, Any]]] = {
    "frame_invalid": (
        lambda evi: send(evi, type="user_input"),
        {"place": "/frame/text", "expected": "a value, since it is required", "got": None},
    ),
    "frame_unknown": (
        lambda evi: send(evi, type="user_imput", text="Hi"),
        {
            "place": "/frame/type",
            "got": "user_imput",
            "hint": "did you mean 'user_input'?",
            "first_line": "client -> user_imput",
        },
    ),
    "tool_call_unknown": (
        answer_another_call,
        {"place": "/frame/tool_call_id", "got": "mine"},
    ),
    "tool_call_unanswered": (leave_a_call_open, {"hint": "call of get_weather"}),
    "audio_refused": (send_audio_after_joining, {"got": "EMU08"}),
    "audio_undecodable": (
        send_mu_law,
        {"got": "I0116", "hint": "the WAV file has 8-bit samples of format 7, not 16-bit PCM"},
    ),
    "variable_missing": (
        leave_out_a_variable,
        {"got": "EMU01", "first_line": "emulator -> error"},
    ),
    "chat_refused": (name_an_unknown_config, {"got": "E0709"}),
    "socket_broken": (
        break_the_connection,
        {"got": 1006, "first_line": "client ended the socket (1006)"},
    ),
}


@pytest.mark.parametrize("code", CHATS)
def test_a_chat(evi: Evi, code: str) -> None:
    """The finding is in the contract and in a journal entry of the chat, and stands alone."""
    act, wanted = CHATS[code]
    act(evi)
    evi.journal.wait_for(kind="frame", close=1006 if code == "socket_broken" else 1000)

    found = only(evi)
    expected = {"code": code, "subject": "chat socket", **wanted}
    assert {name: found[name] for name in expected} == expected
    [entry] = [each for each in evi.journal.entries() if "findings" in each]
    assert (entry["kind"], entry["seq"]) == ("frame", found["last_seq"])
    assert entry["at_ms"] <= found["first_at_ms"] <= entry["at_ms"] + 1_000


def test_a_message_in_a_binary_frame(evi: Evi) -> None:
    """It counts as sound, so nothing would tell its sender why nobody answers."""
    with talking(evi) as talk:
        for data in (b'{"type": "user_input", "text": "Hi"}', b'{"type": "?"}', b"{\0" * 40, b"{}"):
            talk.socket.send(data)
        talk.say("Hello")
        talk.read_until("assistant_end")
    found = only(evi)
    assert (found["code"], found["place"], found["got"], found["count"]) == (
        "message_in_bytes", "/frame", "user_input", 1,
    )  # fmt: skip


def test_a_frame_that_is_no_json(evi: Evi) -> None:
    """It is told what JSON's reader says."""
    send_text(evi, "{")
    evi.journal.wait_for(close=1000)
    assert only(evi)["code"] == "frame_invalid"
    assert only(evi)["expected"].startswith("JSON (")


def test_fields_and_values_of_frames() -> None:
    """Fields that no model knows, and values that pass because they are read generously."""
    audio = {"encoding": "linear16", "channels": "1", "sample_rate": 16000, "rate": 1}
    judged = judge_frame({"type": "session_settings", "audio": audio, "metadata": {"any": 1}})
    assert [(each.code, each.place, each.got) for each in judged.findings] == [
        ("value_coerced", "/frame/audio/channels", "1"),
        ("field_unknown", "/frame/audio/rate", "rate"),
    ]
    assert "session_settings /audio/sample_rate" in judged.used
    assert judge_frame({"type": "user_input", "text": "Hi"}).findings == []


def test_an_answer_to_a_call_that_was_interrupted(evi: Evi) -> None:
    """Its client can't know that the turn is over: nobody is to blame."""
    ask_for_weather(evi)
    with talking(evi) as talk:
        talk.say("weather")
        call = talk.read_until("tool_call")
        talk.say("Never mind")
        talk.read_until("assistant_end")
        talk.send(type="tool_response", tool_call_id=call["tool_call_id"], content="sun")
        talk.read_until("error")
    evi.journal.wait_for(close=1000)
    assert evi.contract.findings == []


def test_a_call_that_is_open_when_the_chat_times_out(evi: Evi) -> None:
    """The client did not answer it in all that time."""
    ask_for_weather(evi)
    with talking(evi) as talk:
        talk.say("weather")
        call = talk.read_until("tool_call")
        evi.clock.advance(minutes=40)
        talk.read_until("error")
    evi.journal.wait_for(close=1000)
    assert (only(evi)["code"], only(evi)["got"]) == ("tool_call_unanswered", call["tool_call_id"])


@pytest.mark.parametrize(
    ("query", "code", "place"),
    [
        ({"config_idd": "x"}, "parameter_unknown", "/query/config_idd"),
        ({"verbose_transcription": "1"}, "value_coerced", "/query/verbose_transcription"),
        ({"event_limit": "007"}, "value_coerced", "/query/event_limit"),
        ({"voice_id": "Ito"}, "deprecated", "/query/voice_id"),
        ({"apiKey": "x"}, "credential_spelling", "/query/apiKey"),
        ({"accessToken": "x"}, "credential_spelling", "/query/accessToken"),
        (
            {"session_settings[sytem_prompt]": "x"},
            "field_unknown",
            "/query/session_settings/sytem_prompt",
        ),
    ],
)
def test_a_handshake(evi: Evi, query: dict[str, str], code: str, place: str) -> None:
    """Its query is judged, and stands in the journal with what it leads to."""
    with talking(evi, **query):
        pass
    evi.journal.wait_for(close=1000)
    assert (only(evi)["code"], only(evi)["place"]) == (code, place)
    [entry] = evi.journal.entries(kind="http", operation="chat")
    assert (entry["status"], entry["path"]) == (101, "/v0/evi/chat")


@pytest.mark.parametrize(
    ("older", "today"), [("apiKey", "api_key"), ("accessToken", "access_token")]
)
def test_a_handshake_of_an_older_client(evi: Evi, older: str, today: str) -> None:
    """It opens the chat, and the finding names the spelling of today, but not the key."""
    with talking(evi, **{older: "my-secret"}):
        pass
    evi.journal.wait_for(close=1000)
    found = only(evi)
    assert (found["expected"], found["got"], found["level"]) == (today, older, "warning")
    assert today in found["hint"]
    assert "my-secret" not in json.dumps([found, evi.journal.entries()])


@pytest.mark.parametrize("limit", ["-1", "--1"])
def test_a_handshake_that_is_refused(evi: Evi, limit: str) -> None:
    """The journal has the answer, the contract what was wrong."""
    with pytest.raises(InvalidStatus), talking(evi, event_limit=limit):
        pass
    [entry] = evi.journal.entries(kind="http")
    assert (entry["operation"], entry["status"]) == ("chat", 422)
    assert (only(evi)["code"], only(evi)["place"]) == ("request_invalid", "/query/event_limit")
    assert only(evi)["got"] == limit


@pytest.mark.parametrize("name", ["event_limit", "session_settings[system_prompt]"])
def test_a_parameter_of_a_handshake_that_is_repeated(evi: Evi, name: str) -> None:
    """The last one counts, as in a request; what is not known is found as that alone."""
    query = urlencode([("api_key", evi.api_key), (name, "1"), (name, "2"), (name, "2")])
    with connect(f"{evi.ws_url}?{query}", proxy=None):
        pass
    evi.journal.wait_for(close=1000)
    assert (only(evi)["code"], only(evi)["subject"]) == ("parameter_repeated", "chat socket")
    assert (only(evi)["place"], only(evi)["got"]) == (f"/query/{name}", 3)


def test_what_the_vendors_clients_add_is_known(evi: Evi) -> None:
    """They name themselves in the query."""
    with talking(evi, fernSdkLanguage="JavaScript", fernSdkVersion="1"):
        pass
    evi.journal.wait_for(close=1000)
    assert evi.contract.findings == []


def test_sound_that_is_not_base64(evi: Evi) -> None:
    """It is no message, so the frame itself shows it."""
    send(evi, type="audio_input", data="%%%")
    evi.journal.wait_for(close=1000)
    [entry] = [each for each in evi.journal.entries() if "findings" in each]
    assert (entry["direction"], only(evi)["code"]) == ("in", "frame_invalid")
    assert (only(evi)["place"], only(evi)["got"]) == ("/frame/data", "%%%")
    assert only(evi)["expected"] == "base64"


@given(
    st.text("AZaz09+/=\n-é", max_size=12) | st.binary().map(lambda data: b64encode(data).decode())
)
@example("0000=")
@settings(deadline=None)
def test_base64_is_what_decodes(text: str) -> None:
    """The quick look at a text says what the decoder says."""
    try:
        b64decode(text, validate=True)
        decodes = True
    except ValueError:
        decodes = False
    assert is_base64(text) == decodes


def name_an_unknown_group(evi: Evi) -> None:
    with talking(evi, resumed_chat_group_id=UNKNOWN_ID) as talk:
        talk.read_until("error")


MISTAKES: dict[str, Callable[[Evi], None]] = {  # by the error frame that comes of them
    "audio_refused": send_audio_after_joining,
    "transcription_failure": send_mu_law,
    "variable_missing": leave_out_a_variable,
    "config_not_found": name_an_unknown_config,
    "chat_group_not_found": name_an_unknown_group,
    "invalid_json": lambda evi: send_text(evi, "{"),
    "payload_parse": lambda evi: send(evi, type="audio_input", data="A"),
    "tool_call_unknown": answer_another_call,
}


@pytest.mark.parametrize("slug", [*FINDING_BY_ERROR, *FINDING_BY_FRAME_ERROR])
def test_an_error_frame_that_the_client_brings_about(evi: Evi, slug: str) -> None:
    """One frame, one finding."""
    MISTAKES[slug](evi)
    evi.journal.wait_for(kind="frame", close=1000)
    out = evi.journal.entries("frame", direction="out")
    sent = [each["content"] for each in out if "content" in each]
    assert [each["slug"] for each in sent if each["type"] == "error"] == [slug]
    assert (only(evi)["code"], only(evi)["count"]) == (
        {**FINDING_BY_ERROR, **FINDING_BY_FRAME_ERROR}[slug],
        1,
    )


def test_an_error_frame_that_others_see(evi: Evi) -> None:
    """It is found once, however many clients have joined the chat."""
    with talking(evi, allow_connection="true") as talk:
        chat_id = talk.read_until("chat_metadata")["chat_id"]
        with joining(evi, chat_id) as other:
            talk.socket.send(b"fLaC")
            assert other.read_until("error") == talk.read_until("error")
    evi.journal.wait_for(kind="frame", close=1000)
    assert (only(evi)["code"], only(evi)["count"]) == ("audio_undecodable", 1)


@pytest.mark.parametrize("slug", CHAT_ERRORS)
def test_an_error_frame_that_a_fault_sends(evi: Evi, slug: str) -> None:
    """The client is not to blame."""
    evi.faults.add("socket", "error", error=slug, type="user_message")
    with talking(evi) as talk:
        talk.say("Hello")
        assert talk.read_until("error")["slug"] == slug
    evi.journal.wait_for(kind="frame", close=1000)
    assert evi.contract.findings == []


def test_an_error_frame_that_a_script_sends(evi: Evi) -> None:
    """Nor here."""
    evi.use_script({"rules": [{"answer": [{"error": "transcription_failure"}]}]})
    with talking(evi) as talk:
        talk.say("Hello")
        assert talk.read_until("error")["code"] == "I0116"
    evi.journal.wait_for(kind="frame", close=1000)
    assert evi.contract.findings == []


def test_it_is_decided_of_each_error_frame() -> None:
    """Whether the client is to blame for it, and which finding tells."""
    decided = [*FINDING_BY_ERROR, *FINDING_BY_FRAME_ERROR, *ERRORS_WITHOUT_FINDING]
    assert sorted(decided) == sorted(CHAT_ERRORS)
    assert {*FINDING_BY_ERROR.values(), *FINDING_BY_FRAME_ERROR.values()} <= set(FINDINGS)


# webhooks


@pytest.mark.parametrize(
    ("result", "faults", "codes"),
    [
        (WebhookResult(204, None, 10), (), []),
        (WebhookResult(500, None, 10), (), ["webhook_refused"]),
        (WebhookResult(302, None, 10), (), ["webhook_refused"]),
        (WebhookResult(None, "no answer within 5 s", 5000), (), ["webhook_unanswered"]),
        (WebhookResult(200, None, 2501), (), ["webhook_slow"]),
        (WebhookResult(200, None, 2500), (), []),
        (WebhookResult(200, None, 10), ("wrong_key",), ["webhook_unverified"]),
        (WebhookResult(401, None, 10), ("wrong_key",), []),
        (WebhookResult(200, None, 10), ("duplicate",), []),
    ],
)
def test_how_a_receiver_takes_an_attempt(
    result: WebhookResult, faults: tuple[str, ...], codes: list[str]
) -> None:
    """With 5 s to answer."""
    assert [each.code for each in judge_attempt(result, faults, 5)] == codes


def test_a_webhook_that_is_refused(evi: Evi) -> None:
    """The finding names the event, and is in the attempt's journal entry."""
    with Receiver() as receiver:
        receiver.answer = always(500)
        evi.webhooks.trigger("chat_started", url=receiver.url)
    found = only(evi)
    assert (found["code"], found["subject"], found["got"]) == (
        "webhook_refused",
        "webhook chat_started",
        500,
    )
    [entry] = evi.journal.entries(kind="webhook")
    assert entry["seq"] == found["first_seq"]
    assert found["first_line"] == "webhook chat_started -> 500"
    assert isinstance(found["first_at_ms"], int)
    assert [each["code"] for each in entry["findings"]] == ["webhook_refused"]


def test_a_receiver_that_checks_nothing(evi: Evi) -> None:
    """It takes what is forged."""
    with Receiver() as receiver:
        receiver.answer = always(200)
        evi.webhooks.trigger("chat_ended", url=receiver.url, faults=["tampered_body"])
    assert only(evi)["code"] == "webhook_unverified"
    assert "tampered_body" in only(evi)["expected"]


# the table

ELSEWHERE = {  # which the tests above, and those of models and calls, bring about in other ways
    "brain_model_unknown",
    "call_field_missing",
    "call_refused",
    "credential_spelling",
    "credentials_refused",
    "deprecated",
    "instant_mode_ignored",
    "media_in_container",
    "media_too_fast",
    "measurement_refused",
    "media_mislabelled",
    "message_in_bytes",
    "model_arguments_broken",
    "model_done_missing",
    "model_fingerprint_leaked",
    "model_line_broken",
    "model_silent",
    "model_tools_parallel",
    "model_type_wrong",
    "model_url_unusual",
    "socket_unread",
    "speech_refused",
    "stream_message_invalid",
    "timestamps_ignored",
    "webhook_refused",
    "webhook_unanswered",
    "webhook_slow",
    "webhook_unverified",
}


def test_every_finding_is_brought_about() -> None:
    """None is only in the table."""
    assert {*REQUESTS, *CHATS, *ELSEWHERE} == set(FINDINGS)


def test_a_long_value_is_cut() -> None:
    """The report is no copy of what was sent."""
    found = find("field_unknown", ("body", "x"), "y" * 1000, known="z", hint="")
    assert isinstance(found.got, str)
    assert len(found.got) < 350
    assert found.got.endswith("(1002 characters)")


def test_of_a_long_value_the_beginning_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame of 16 MB would take ten seconds else; credentials are hidden all the same."""
    looked_at = []

    def hide(text: str) -> str:
        looked_at.append(len(text))
        return hide_in_string(text)

    monkeypatch.setattr("emulator.contract.findings.hide_in_string", hide)
    text = "?api_key=abcdef&" * 100_000
    found = find("frame_invalid", ("frame", "text"), text, problem=text)
    assert found.expected == ("?api_key=(hidden)&" * 60)[:1_000] + "... (1600000 characters)"
    assert found.got == f'"{"?api_key=(hidden)&" * 20}'[:300] + "... (1600002 characters)"
    assert 0 < max(looked_at) <= 10_000
