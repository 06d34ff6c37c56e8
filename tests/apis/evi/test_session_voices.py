"""Voices in a chat's session settings: those of the handshake, of a frame, and of `send`."""

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from emulator.testing.world import Evi
from tests.testing.talking import Talk, get, http, talking

AVA_ID = "5bb7de05-c8fe-426a-8fcc-ba4fc4ce9f9c"
NOBODY = "00000000-0000-4000-8000-000000000000"
KNOWN = ["Ito", "ITO", AVA_ID, "David Hume", "c42352c0-4566-455d-b180-0f654b65b525"]
IN_SETTINGS = "session_settings[voice_id]"

REFUSING = pytest.mark.evi(unknown_voices="refuse")
STRICT = pytest.mark.evi(strict=True)
both_refusing = pytest.mark.parametrize(
    "refusing",
    [pytest.param("refuse", marks=REFUSING), pytest.param("strict", marks=STRICT)],
)


def findings(evi: Evi) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(evi, "/_emulator/contract")["findings"]
    return found


def codes(evi: Evi) -> set[str]:
    return {each["code"] for each in findings(evi)}


def chat_of(talk: Talk) -> str:
    return str(talk.read_until("chat_metadata")["chat_id"])


def recorded(evi: Evi, chat_id: str) -> list[str]:
    """The voices that the chat's events have, in order."""
    events = get(evi, f"/v0/evi/chats/{chat_id}")["events_page"]
    texts = [each["message_text"] for each in events if each["type"] == "SESSION_SETTINGS"]
    return [json.loads(text)["voice_id"] for text in texts]


def after_settings(talk: Talk, **settings: Any) -> None:
    """Send settings, and wait until the server has read them."""
    talk.send(type="session_settings", **settings)
    talk.say("Hi")
    talk.read_until("user_message")


@pytest.mark.parametrize("voice", KNOWN)
@both_refusing
def test_a_voice_is_found_by_id_or_name(evi: Evi, voice: str, refusing: str) -> None:
    """Of the library or the account, in any case; nothing is found about it."""
    with talking(evi, **{IN_SETTINGS: voice}) as talk:
        chat_id = chat_of(talk)
        after_settings(talk, voice_id=voice)
        assert recorded(evi, chat_id) == [voice, voice]
    assert "voice_unlisted" not in codes(evi)


@pytest.mark.parametrize(
    ("name", "place"),
    [(IN_SETTINGS, "/query/session_settings/voice_id"), ("voice_id", "/query/voice_id")],
)
def test_a_handshake_with_an_unlisted_voice(evi: Evi, name: str, place: str) -> None:
    """The chat begins, with a finding that has the nearest name."""
    with talking(evi, **{name: "Ava Sing"}) as talk:
        assert recorded(evi, chat_of(talk)) == ["Ava Sing"]
    [found] = [each for each in findings(evi) if each["code"] == "voice_unlisted"]
    assert (found["subject"], found["place"], found["got"]) == ("chat socket", place, "Ava Sing")
    assert found["hint"] == "did you mean 'Ava Song'?"


@both_refusing
def test_a_handshake_is_refused(evi: Evi, refusing: str) -> None:
    """It is answered 422 with the place; one finding says so, and which name is near."""
    with pytest.raises(InvalidStatus) as refused, talking(evi, **{IN_SETTINGS: "Ava Sing"}):
        pass
    assert refused.value.response.status_code == 422
    [problem] = json.loads(refused.value.response.body)["detail"]
    assert problem["loc"] == ["query", "session_settings", "voice_id"]
    assert problem["msg"] == (
        "No voice has the id or the name 'Ava Sing'; did you mean 'Ava Song'?"
    )
    [found] = findings(evi)
    assert (found["code"], found["hint"]) == ("request_invalid", "did you mean 'Ava Song'?")


def test_a_frame_with_an_unlisted_voice(evi: Evi) -> None:
    """The settings count, with a finding."""
    with talking(evi) as talk:
        chat_id = chat_of(talk)
        after_settings(talk, voice_id=NOBODY)
        assert recorded(evi, chat_id) == [NOBODY]
    [found] = [each for each in findings(evi) if each["code"] == "voice_unlisted"]
    assert (found["place"], found["got"]) == ("/frame/voice_id", NOBODY)


@both_refusing
def test_a_frame_is_refused(evi: Evi, refusing: str) -> None:
    """An error frame says why, and the settings don't count."""
    with talking(evi) as talk:
        chat_id = chat_of(talk)
        talk.send(type="session_settings", voice_id="Ava Sing")
        error = talk.read_until("error")
        assert recorded(evi, chat_id) == []
    assert (error["code"], error["slug"]) == ("E0101", "payload_parse")
    assert "No voice has the id or the name 'Ava Sing'" in error["message"]
    places = [each["code"] for each in findings(evi) if each["place"] == "/frame/voice_id"]
    assert places == ["frame_invalid"]


@STRICT
def test_a_strict_server_says_all_that_is_wrong_with_a_frame(evi: Evi) -> None:
    """A voice that is in no list, and fields that nothing knows."""
    with talking(evi) as talk:
        talk.send(type="session_settings", voice_id="Ava Sing", prmpt="x")
        message = talk.read_until("error")["message"]
    assert "Extra inputs are not permitted: /frame/prmpt; No voice has" in message


@pytest.mark.parametrize(
    ("status", "code"),
    [(200, "voice_unlisted"), pytest.param(422, "request_invalid", marks=REFUSING)],
)
def test_settings_that_are_sent_from_outside(evi: Evi, status: int, code: str) -> None:
    """`send` takes the voice with a finding, or refuses it."""
    with talking(evi) as talk, http(evi) as client:
        path = f"/v0/evi/chat/{chat_of(talk)}/send"
        for voice, expected in (("Kora", 200), ("Ava Sing", status)):
            body = {"type": "session_settings", "voice_id": voice}
            assert client.post(path, json=body).status_code == expected
    [found] = [each for each in findings(evi) if each["place"] == "/body/voice_id"]
    assert (found["subject"], found["code"]) == ("send", code)


@pytest.mark.parametrize("voice", [3, None, ""])
def test_a_voice_that_is_no_name(evi: Evi, voice: Any) -> None:
    """It is judged as any field is; nothing is said about voices."""
    with talking(evi) as talk:
        after_settings(talk, voice_id=voice)
    assert "voice_unlisted" not in codes(evi)
