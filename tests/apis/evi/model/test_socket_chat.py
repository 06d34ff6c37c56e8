"""Chats whose config names a model behind a WebSocket, against a real server."""

from typing import Any

import pytest

from emulator.testing.world import Evi
from tests.apis.evi.model.server import ModelServer
from tests.apis.evi.model.talks import answers, chatting, error_of, exchange, said

END = {"type": "assistant_end"}


def says(*texts: str, **more: str) -> list[dict[str, str]]:
    """Return the messages of an answer."""
    return [*({"type": "assistant_input", "text": text, **more} for text in texts), END]


def test_what_is_sent(evi: Evi, model: ModelServer) -> None:
    """One socket for a chat; each turn has the whole history."""
    with chatting(evi, f"{model.ws_url}?token=s3cret") as talk:
        assert exchange(talk, "Hi") == ["Yes."]
        exchange(talk, "And?")
    first, second = model.wait_for_asked(2)
    assert (first.path, first.query) == ("/ws", {"token": "s3cret"})
    assert model.sockets == 1
    [message] = first.body["messages"]
    assert list(first.body) == ["messages"]
    assert message["type"] == "user_message"
    assert message["message"] == {"role": "user", "content": "Hi"}
    assert message["models"] == {"prosody": None}
    assert list(message["time"]) == ["begin", "end"]
    types = [each["type"] for each in second.messages]
    assert types == ["user_message", "assistant_message", "user_message"]
    assert "s3cret" not in evi.timeline() + str(evi.journal.entries("model"))


@pytest.mark.evi(model_quirks=("double_post",))
def test_nothing_comes_twice(evi: Evi, model: ModelServer) -> None:
    """That habit was only seen of requests."""
    with chatting(evi, model.ws_url) as talk:
        assert exchange(talk, "Hi") == ["Yes."]
        assert exchange(talk, "Hi") == ["Yes."]
    assert len(model.asked) == 2


def test_answers_are_spoken_in_order(evi: Evi, model: ModelServer) -> None:
    """Each input is a sentence, or several."""
    model.answer(says("One. Two.", "Three"))
    with chatting(evi, model.ws_url) as talk:
        assert exchange(talk, "Count") == ["One.", "Two.", "Three"]


def test_half_a_character_costs_no_words(evi: Evi, model: ModelServer) -> None:
    """What a server has cut by UTF-16 is spoken as U+FFFD."""
    model.answer(says("Hi \ud83d there."))
    with chatting(evi, model.ws_url) as talk:
        assert exchange(talk, "Hi") == ["Hi \ufffd there."]
    assert "findings" not in evi.journal.entries("model")[0]


def test_an_end_alone_is_silence(evi: Evi, model: ModelServer) -> None:
    """The turn is over."""
    model.answer([END])
    with chatting(evi, model.ws_url) as talk:
        assert exchange(talk, "Hi") == []


def test_the_model_sets_the_session_id(evi: Evi, model: ModelServer) -> None:
    """It comes with every later message."""
    model.answer(says("Hi.", custom_session_id="s-1"))
    with chatting(evi, model.ws_url) as talk:
        talk.say("Hi")
        assert answers(talk)[-1]["custom_session_id"] == "s-1"
        exchange(talk, "Hi")
    assert [each.body.get("custom_session_id") for each in model.asked] == [None, "s-1"]


def test_odd_messages_are_skipped(evi: Evi, model: ModelServer) -> None:
    """None of them is a bug."""
    odd: list[dict[str, Any]] = [
        {"type": "other"},
        {},
        {"type": "assistant_input"},
        {"type": ["x"], "text": 3},
    ]
    model.answer([*odd, *says("Hi.")])
    with chatting(evi, model.ws_url) as talk:
        assert exchange(talk, "Hi") == ["Hi."]


def test_a_dropped_connection_stays_dropped(evi: Evi, model: ModelServer) -> None:
    """The frame of the client shows the URL with its token, as the service's does; logs do not."""
    model.answer(says("Hi."), [{"type": "close", "code": 1009}])
    url = f"{model.ws_url}?token=s3cret"
    with chatting(evi, url) as talk:
        exchange(talk, "Hi")
        for _ in range(2):
            error = error_of(talk, "Hi")
            assert (error["code"], error["slug"]) == (
                "E0705",
                "custom_language_model_disconnected",
            )
            assert error["message"] == f"Custom language model {url} disconnected."
    assert (len(model.asked), model.sockets) == (2, 1)
    entries = evi.journal.entries("model")
    assert [each["ended"] for each in entries] == ["complete", "cut", "cut"]
    assert "1009" in entries[1]["error"]
    assert entries[0]["stream"].endswith('{"type": "assistant_end"}\n')
    assert "s3cret" not in evi.timeline() + str(evi.journal.entries())


def test_nobody_answers(evi: Evi) -> None:
    """As for an event stream; the next turn tries again."""
    with chatting(evi, "ws://127.0.0.1:9/ws") as talk:
        assert error_of(talk, "Hi")["code"] == "E0712"
        assert error_of(talk, "Hi")["code"] == "E0712"


def test_a_host_that_cannot_be(evi: Evi) -> None:
    """The chat goes on."""
    with chatting(evi, "wss://a..example.com/ws") as talk:
        assert error_of(talk, "Hi")["code"] == "E0712"
        assert error_of(talk, "Hi")["code"] == "E0712"


def test_after_an_interruption_the_rest_is_skipped(evi: Evi, model: ModelServer) -> None:
    """Up to the end of that turn."""
    model.answer([{"type": "assistant_input", "text": "Hello."}], [*says("Old."), *says("New.")])
    with chatting(evi, model.ws_url) as talk:
        talk.say("Hi")
        answers(talk, "assistant_message")
        talk.say("Stop")
        assert said(answers(talk)) == ["New."]
    assert sorted(each["ended"] for each in evi.journal.entries("model")) == [
        "complete",
        "dropped",
    ]


@pytest.mark.slow
@pytest.mark.evi(model_timeout=1)
def test_without_an_end_the_turn_is_held(evi: Evi, model: ModelServer) -> None:
    """Until the time is over."""
    model.answer([{"type": "assistant_input", "text": "Hello."}])
    with chatting(evi, model.ws_url) as talk:
        talk.say("Hi")
        messages = answers(talk)
        assert said(messages) == ["Hello."]
        assert messages[-1]["code"] == "E0712"


def test_the_end_of_the_chat_closes_the_socket(evi: Evi, model: ModelServer) -> None:
    """The server sees it go."""
    with chatting(evi, model.ws_url) as talk:
        exchange(talk, "Hi")
    model.wait(lambda: model.left == 1)
