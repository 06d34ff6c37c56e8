"""Control routes of calls: which have come in, and what their callers say."""

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from emulator.testing.world import Evi
from tests.apis.phone.telephone import (
    CALL_SID,
    FORM,
    Telephones,
    post,
    wait_for_frame,
    wait_until_no_chat_is_live,
)

OTHER_SID = "CA" + "9" * 32


def ask(evi: Evi, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"X-Hume-Api-Key": evi.api_key}
    return httpx.request(method, f"{evi.url}/_emulator{path}", json=body, headers=headers)


def listed(evi: Evi) -> list[Any]:
    found: list[Any] = ask(evi, "GET", "/calls").json()["calls"]
    return found


def test_calls_are_listed(evi: Evi) -> None:
    """The newest last; a call that was never connected has no chat."""
    evi.clock.freeze()
    config = evi.client().empathic_voice.configs.create_config(evi_version="3", name="phone")
    post(evi)
    post(evi, {**FORM, "CallSid": OTHER_SID, "From": "anonymous"}, config_id=str(config.id))
    first = {
        "call_sid": CALL_SID,
        "from_number": "+4712345678",
        "to_number": "+4722334455",
        "at_ms": evi.world.clock.now_ms(),
        "chat_id": None,
        "config_id": None,
    }
    second = {"call_sid": OTHER_SID, "from_number": "anonymous", "config_id": config.id}
    assert listed(evi) == [first, {**first, **second}]


def test_a_call_has_its_chat_once_its_stream_has_started(evi: Evi, dial: Telephones) -> None:
    dial().begin()
    wait_for_frame(evi, type="chat_metadata")
    assert [each["chat_id"] for each in listed(evi)] == [evi.next_chat().id]


def test_a_caller_says_what_was_queued_for_the_call(evi: Evi, dial: Telephones) -> None:
    """Whatever others are to say next."""
    evi.hear("Something else.")
    telephone = dial().begin()
    answer = ask(evi, "POST", f"/calls/{CALL_SID}/heard", {"text": "I have a question."})
    assert (answer.status_code, answer.json()) == (200, {"queued": True})
    telephone.say("I have a question.")
    wait_for_frame(evi, type="user_message")
    assert ("user", "I have a question.") in evi.next_chat().messages


def test_what_is_heard_of_another_call_is_said_in_any_chat(evi: Evi, dial: Telephones) -> None:
    """A developer's server passes its call on as a chat: it has no call of ours."""
    telephone = dial().begin()
    answer = ask(evi, "POST", f"/calls/{OTHER_SID}/heard", {"text": "Hello?"})
    assert answer.json() == {"queued": True}
    telephone.say("Hello?")
    wait_for_frame(evi, type="user_message")
    assert ("user", "Hello?") in evi.next_chat().messages


@pytest.mark.parametrize("body", [{}, {"text": 1}, {"text": "Hi", "words": 1}])
def test_a_wrong_body(evi: Evi, body: Any) -> None:
    assert ask(evi, "POST", f"/calls/{CALL_SID}/heard", body).status_code == 422


def test_a_call_is_placed_over_http(evi: Evi) -> None:
    """The answer has the transcript, and the chat that the call has led to."""
    evi.clock.freeze()
    evi.script.on_anything().say("I will look into it.")
    body = {"url": evi.phone.url(), "user": ["I need help.", {"keys": "1"}]}
    placed = ask(evi, "POST", "/calls", body).json()
    assert placed["status"] == "completed"
    assert [line["text"] for line in placed["lines"]] == ["I need help.", "I will look into it."]
    assert evi.chat(placed["chat_id"]).status == "USER_ENDED"


def test_a_call_ends_if_its_client_leaves(evi: Evi) -> None:
    """Nobody waits for its answer any more."""
    body = json.dumps({"url": evi.phone.url(), "user": [{"wait": "60m"}]})
    with closing(HTTPConnection(urlsplit(evi.url).netloc)) as connection:
        connection.request("POST", "/_emulator/calls", body, {"X-Hume-Api-Key": evi.api_key})
        wait_for_frame(evi, type="chat_metadata")
    wait_until_no_chat_is_live(evi)
    assert evi.journal.wait_for(kind="call", event="stream_ended")


@pytest.mark.parametrize(
    ("body", "place", "says"),
    [
        ({}, ["body", "url"], "answers with TwiML"),
        ({"url": "http://localhost", "usr": []}, ["body", "usr"], "did you mean 'user'?"),
        ({"url": "http://localhost", "user": [{"keys": "x"}]}, ["body", "user"], "keys are digits"),
        ({"url": "http://localhost", "patience": "soon"}, ["body", "patience"], "soon"),
        ({"url": "http://localhost", "call_sid": "CA1"}, ["body", "call_sid"], "32 hexadecimal"),
    ],
)
def test_a_wrong_order_is_422(evi: Evi, body: Any, place: list[str], says: str) -> None:
    answer = ask(evi, "POST", "/calls", body)
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == place
    assert says in problem["msg"]
