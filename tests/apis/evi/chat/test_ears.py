"""A chat with ears, as a state machine: it asks, and is told."""

import pytest

from emulator.apis.evi.chat import user
from emulator.apis.evi.chat.channel import Dropped, Output
from emulator.apis.evi.chat.hearing import TurnOver
from emulator.apis.evi.chat.session import Session
from emulator.apis.evi.ears.utterance import (
    EarsSource,
    NotUnderstood,
    Understood,
    Utterance,
    ears_source,
)
from emulator.jsontext import JsonObject
from emulator.settings import Settings
from tests.apis.evi.chat.chats import Chat, config_with
from tests.audio.decoding.listening import new_microphone
from tests.audio.decoding.recordings import recording

EARS = EarsSource("http://127.0.0.1:1/v1/audio/transcriptions")


def speak(session: Session) -> list[Utterance]:
    """What the chat asks after the user's sound."""
    return utterances(session.hear_audio(recording("wav")))


def utterances(output: Output) -> list[Utterance]:
    return [ask for ask in output.asks if isinstance(ask, Utterance)]


def sent(output: Output, type: str) -> list[JsonObject]:
    return [each for each in output.messages if each["type"] == type]


def started(**more: object) -> Session:
    session = Chat(ears=EARS, **more).session  # type: ignore[arg-type]
    session.start()
    return session


def test_nothing_is_kept_without_ears() -> None:
    """The user's sound is no longer needed once it has been heard."""
    session = Chat().session
    session.start()
    assert session.hear_audio(recording("wav")).asks == []
    assert new_microphone()[0].recording(TurnOver(0, 1_000, 1_000)) is None


def test_silence_does_not_count_while_the_words_are_awaited() -> None:
    """Nobody is told to speak, and no chat ends, since the user did."""
    session = started(config=config_with(inactivity_ms=30_000, nudge_ms=1_000))
    [asked] = speak(session)
    assert session.next_due_ms == session.start_ms + session.config.max_duration_ms
    session.understand(asked.id, Understood("Hi."))
    assert session.next_due_ms is not None
    assert session.next_due_ms < session.start_ms + 60_000


def test_an_answer_that_nobody_asked_for_is_ignored() -> None:
    """For instance of a turn that has been answered."""
    session = started()
    [asked] = speak(session)
    assert session.understand("other", Understood("No.")).messages == []
    session.understand(asked.id, Understood("Yes."))
    assert session.understand(asked.id, Understood("Yes.")).messages == []


def test_what_was_asked_is_dropped_at_the_end() -> None:
    """The end of the chat is the end of the call."""
    session = started()
    [asked] = speak(session)
    assert Dropped(asked.id) in session.end("USER_ENDED").asks


def test_too_much_sound_may_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends it faster than ears hear is told so."""
    monkeypatch.setattr(user, "_MOST_WAITING", 60_000)
    session = started()
    speak(session)
    output = session.hear_audio(recording("wav"))
    assert [each["code"] for each in sent(output, "error")] == ["I0116"]
    assert not session.is_over


def test_failures_in_a_row() -> None:
    """A chat that goes on asks for the next turn."""
    session = started(survives_bad_audio=True)
    [first] = speak(session)
    speak(session)
    [second] = utterances(session.understand(first.id, NotUnderstood("oops")))
    said = session.understand(second.id, Understood("Hi."))
    assert sent(said, "user_message")[0]["message"]["content"] == "Hi."


@pytest.mark.parametrize("base", ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"])
def test_any_base_will_do(base: str) -> None:
    """A server's address, with or without the version of the API."""
    source = ears_source(Settings(ears=base))
    assert source is not None
    assert source.url == "http://h:1/v1/audio/transcriptions"
    assert (source.model, source.language) == ("whisper-1", None)
