"""What the emulator never does when it calls a language model."""

from dataclasses import replace

import pytest

from emulator.apis.evi.chat.session import Session
from emulator.apis.evi.model.report import LONGEST_QUESTION, LONGEST_STREAM
from emulator.apis.evi.model.source import brain_source
from emulator.testing.world import Evi
from tests.apis.evi.model.server import DONE, Answer, ModelServer, chunk, words
from tests.apis.evi.model.talks import answers, chatting, error_of, exchange, new_config, said
from tests.testing.talking import talking


@pytest.mark.evi(call_hosts=("llm.internal",))
def test_a_host_that_may_not_be_called(evi: Evi) -> None:
    """A config of another time may still name it: it is not called, and says why."""
    config = new_config(evi, "http://llm.internal/chat/completions")
    evi.world.settings = replace(evi.world.settings, call_hosts=())
    with talking(evi, config_id=config) as talk:
        error = error_of(talk, "Hi")
    assert error["slug"] == "custom_language_model_error"
    assert "was not called: its URL must begin with https://" in error["message"]


@pytest.mark.evi(call_hosts_only=True, call_hosts=("127.0.0.1",))
def test_not_even_this_machine(evi: Evi, model: ModelServer) -> None:
    """With `--call-hosts-only`, unless it is named."""
    with chatting(evi, model.url) as talk:
        assert exchange(talk, "Hi") == ["Yes."]
        evi.world.settings = replace(evi.world.settings, call_hosts=("llm.internal",))
        assert "--call-hosts-only" in error_of(talk, "Hi")["message"]
    assert len(model.asked) == 1


def test_redirects_are_not_followed(evi: Evi, model: ModelServer) -> None:
    """Neither by a stream nor by a WebSocket."""
    away = {"Location": "http://127.0.0.1:9/elsewhere"}
    model.answer(Answer(status=307, headers=away))
    with chatting(evi, model.url) as talk:
        assert "answered with status 307." in error_of(talk, "Hi")["message"]
    model.redirects_sockets_to = model.url
    with chatting(evi, model.ws_url) as talk:
        assert error_of(talk, "Hi")["type"] == "error"
    assert len(model.asked) == 1
    assert "redirects" in evi.journal.entries("model")[1]["error"]


def test_a_long_answer_is_cut_off(
    evi: Evi, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes are bounded."""
    monkeypatch.setattr("emulator.apis.evi.model.event_stream_call.LONGEST_ANSWER", 10_000)
    model.answer(Answer(tuple(chunk("word " * 20) for _ in range(1_000))))
    with chatting(evi, model.url) as talk:
        assert "more bytes" in error_of(talk, "Hi")["message"]


def test_a_long_request_is_not_sent(
    evi: Evi, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither to a stream nor to a WebSocket; the frame says what to do."""
    monkeypatch.setattr("emulator.apis.evi.model.caller.LONGEST_REQUEST", 10_000)
    for url in (model.url, model.ws_url):
        with chatting(evi, url) as talk:
            error = error_of(talk, "long " * 2_000)
            assert error["slug"] == "custom_language_model_error"
            assert "bytes, and at most 10,000 are sent" in error["message"]
    assert model.asked == []
    assert [each["ended"] for each in evi.journal.entries("model")] == ["failed", "failed"]


def test_many_sentences_are_bounded(
    evi: Evi, model: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is not said, and a frame says so."""
    monkeypatch.setattr("emulator.apis.evi.chat.assistant.MOST_SENTENCES", 3)
    model.answer(Answer((chunk("One. Two. "), chunk("Three. Four. "), chunk("Five."))))
    with chatting(evi, model.url) as talk:
        talk.say("Count")
        messages = answers(talk, "assistant_end")
    assert said(messages) == ["One.", "Two.", "Three."]
    assert [each["slug"] for each in messages if each["type"] == "error"] == ["text_too_long"]


def test_a_token_in_the_url(evi: Evi, model: ModelServer) -> None:
    """The client sees the URL as it is, as the service shows it; nothing else does."""
    url = f"{model.url}?token=s3cret"
    model.answer(Answer(status=500))
    with chatting(evi, url) as talk:
        assert url in error_of(talk, "Hi")["message"]
    assert model.asked[0].query == {"token": "s3cret"}
    shown = evi.timeline() + str(evi.journal.entries("model") + evi.journal.entries("script"))
    assert "s3cret" not in shown


def test_a_refusal_that_quotes_a_key(evi: Evi, model: ModelServer) -> None:
    """The journal hides it."""
    text = b'{"error": "bad key", "api_key": "sk-secret-key"}'
    model.answer(Answer((text,), status=401))
    with chatting(evi, model.url) as talk:
        error_of(talk, "Hi")
    [entry] = evi.journal.entries("model")
    assert entry["error"].startswith("status 401: ")
    assert entry["stream"] == '{"error": "bad key", "api_key": "(hidden)"}'
    assert "sk-secret-key" not in evi.timeline() + str(entry)


def test_a_stream_that_quotes_the_key(evi: Evi, model: ModelServer) -> None:
    """The journal keeps the stream as it came, but for the key that was sent, and others."""
    model.answer(Answer((b": you are ke-y-of-mine\n\n", chunk("Yes.", api_key="other"), DONE)))
    with chatting(evi, model.url) as talk:
        talk.send(type="session_settings", language_model_api_key="ke-y-of-mine")
        assert exchange(talk, "Hi") == ["Yes."]
    [entry] = evi.journal.entries("model")
    shown = chunk("Yes.", api_key="(hidden)") + DONE
    assert entry["stream"] == f": you are (hidden)\n\n{shown.decode()}"


def test_what_the_journal_keeps_is_bounded(evi: Evi, model: ModelServer) -> None:
    """The beginning of the request and that of the stream; the text is whole."""
    model.answer(words(*["word "] * 200))
    with chatting(evi, model.url) as talk:
        exchange(talk, "long " * 16_000)
    [entry] = evi.journal.entries("model")
    assert len(entry["request"]) == LONGEST_QUESTION
    assert len(entry["stream"]) == LONGEST_STREAM
    assert entry["text"] == "word " * 200


def test_a_refusal_that_quotes_the_questions_key(evi: Evi, model: ModelServer) -> None:
    """Whatever the key looks like, neither the journal nor a frame shows it."""
    model.answer(Answer((b"no such key: qwertz77",), status=401))
    with chatting(evi, model.url) as talk:
        talk.send(type="session_settings", language_model_api_key="qwertz77")
        error_of(talk, "Hi")
    evi.world.settings = replace(evi.world.settings, brain=model.url, brain_key="uiop99")
    model.answer(Answer((b"no such key: uiop99",), status=401))
    with talking(evi) as talk:
        assert "no such key: (hidden)." in error_of(talk, "Hi")["message"]
    shown = str(evi.journal.entries())
    assert "no such key: (hidden)" in shown
    assert "qwertz77" not in shown
    assert "uiop99" not in shown
    assert "uiop99" not in repr(brain_source(evi.world.settings))


@pytest.mark.parametrize("form", ["url", "ws_url"])
def test_a_bug_of_ours_is_no_failure_of_the_model(
    evi: Evi, model: ModelServer, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chat ends as after any bug, and the bug is told as what it is."""

    def fail(*_: object) -> None:
        raise ConnectionResetError("ours")

    monkeypatch.setattr(Session, "hear_model", fail)
    with chatting(evi, getattr(model, form)) as talk:
        talk.say("Hi")
        bug = evi.journal.wait_for("bug")
        asked = evi.journal.wait_for("model", turn=1)
    assert bug["error"] == "ConnectionResetError: ours"
    assert (asked["ended"], asked["error"]) == ("failed", "ConnectionResetError('ours')")
