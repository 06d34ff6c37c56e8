"""Ears: a server of transcriptions hears what users say in sound."""

import threading
from dataclasses import replace

import pytest

from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.evi.model.test_brain import config, contents, spoken
from tests.apis.evi.open_ai import PATIENCE_S, OpenAi
from tests.audio.decoding.recordings import KINDS, LENGTH_MS, RATE, SENTENCE, pieces, recording
from tests.testing.talking import Started, Talk, talking

FAILED = "I0116"


def speak(talk: Talk, kind: str = "wav", size: int = 4_000) -> None:
    """Send the sentence, and the silence after it."""
    for piece in pieces(recording(kind), size):
        talk.socket.send(piece)


@pytest.fixture
def hearing(evi_server: Emulator, openai_server: OpenAi) -> Evi:
    """A world with ears."""
    return evi_server.world(
        ears=openai_server.url, ears_model="tiny", ears_key="sk-ears", ears_language="en"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_ears_say_was_said(hearing: Evi, openai_server: OpenAi, kind: str) -> None:
    """They get the turn as a WAV: the words, a little before and a little after."""
    openai_server.transcripts.append(" What time is it? ")
    with talking(hearing, config_id=config(hearing)) as talk:
        if kind == "pcm":
            sound = {"encoding": "linear16", "channels": 1, "sample_rate": RATE}
            talk.send(type="session_settings", audio=sound)
        speak(talk, kind)
        message = talk.read_until("user_message")
        assert message["message"]["content"] == "What time is it?"
        assert message["models"]["prosody"]["scores"]
        spoken(talk)
    (asked,) = openai_server.utterances
    assert asked.content == {
        "file": "speech.wav",
        "model": "tiny",
        "response_format": "json",
        "language": "en",
    }
    assert asked.headers["Authorization"] == "Bearer sk-ears"
    seconds = len(asked.sound) / 2 / asked.rate
    assert LENGTH_MS / 1000 < seconds < LENGTH_MS / 1000 + 0.6
    entry = hearing.journal.wait_for(kind="ears")
    assert (entry["text"], entry["ended"]) == ("What time is it?", "complete")
    assert entry["sound_ms"] == round(seconds * 1000)
    assert "sk-ears" not in str(entry)


def test_the_sound_is_what_was_sent(hearing: Evi, openai_server: OpenAi) -> None:
    """Sample by sample."""
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        talk.read_until("user_message")
    assert openai_server.utterances[0].sound in SENTENCE.tobytes()


@pytest.mark.process  # it asks uname what it runs on
def test_the_client_of_openai_asks_as_the_emulator_does(
    hearing: Evi, openai_server: OpenAi
) -> None:
    """With the same fields, and it understands the answer."""
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        heard = talk.read_until("user_message")["message"]["content"]
    import openai  # which takes long

    client = openai.OpenAI(base_url=f"{openai_server.url}/v1", api_key="sk-ears")
    answer = client.audio.transcriptions.create(
        file=("speech.wav", recording("wav")),
        model="tiny",
        response_format="json",
        language="en",
    )
    assert answer.text == heard
    ours, theirs = openai_server.utterances
    assert ours.content == theirs.content


def test_the_queue_and_the_script_come_first(hearing: Evi, openai_server: OpenAi) -> None:
    """What they say is taken, and nobody is called."""
    hearing.hear("From the queue.")
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        assert talk.read_until("user_message")["message"]["content"] == "From the queue."
        spoken(talk)
        assert openai_server.utterances == []
        speak(talk)
        assert talk.read_until("user_message")["message"]["content"] == "Hello."
    assert len(openai_server.utterances) == 1


def test_noise(hearing: Evi, openai_server: OpenAi) -> None:
    """Where the ears hear no words, nothing was said."""
    openai_server.transcripts.extend([" ", "Now."])
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        hearing.journal.wait_for(kind="ears", text="")
        speak(talk)
        assert talk.read_until("user_message")["message"]["content"] == "Now."


def test_a_second_turn_waits_its_place(hearing: Evi, openai_server: OpenAi) -> None:
    """Whatever comes while the words are awaited is taken after them, in order."""
    began, goes_on = threading.Event(), threading.Event()

    def slowly() -> str:
        began.set()
        goes_on.wait(PATIENCE_S)
        return "First."

    openai_server.transcripts.extend([slowly, "Second."])
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        assert began.wait(PATIENCE_S)
        speak(talk)
        talk.say("Third.")
        hearing.journal.wait_for(kind="frame", content={"type": "user_input", "text": "Third."})
        assert len(openai_server.utterances) == 1
        goes_on.set()
        heard = [talk.read_until("user_message")["message"]["content"] for _ in range(3)]
    assert heard == ["First.", "Second.", "Third."]


@pytest.mark.parametrize(
    ("status", "text"), [(500, "oops"), (200, "no JSON"), (200, '{"words": "Hi"}'), (302, "")]
)
def test_ears_that_fail(hearing: Evi, openai_server: OpenAi, status: int, text: str) -> None:
    """It is the error of sound that can't be decoded, which ends the chat; no client is blamed."""
    openai_server.refusals.append((status, text))
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        assert talk.read_until("error")["code"] == FAILED
        talk.until_closed()
    entry = hearing.journal.wait_for(kind="ears", ended="failed", status=status)
    assert entry["error"]
    hearing.contract.assert_clean()
    assert hearing.chats[-1].status == "ERROR"


def test_a_refusal_that_quotes_the_key(hearing: Evi, openai_server: OpenAi) -> None:
    """The journal hides it, whatever it looks like."""
    hearing.world.settings = replace(hearing.world.settings, ears_key="qwertz77")
    openai_server.refusals.append((401, "no such key: qwertz77"))
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        talk.until_closed()
    entry = hearing.journal.wait_for(kind="ears", ended="failed")
    assert entry["error"] == "status 401: no such key: (hidden)"


def test_a_chat_that_survives_it(evi_server: Emulator, openai_server: OpenAi) -> None:
    """With --transcription-failure continue."""
    evi = evi_server.world(ears="http://127.0.0.1:9", transcription_failure="continue")
    with talking(evi, config_id=config(evi)) as talk:
        speak(talk)
        assert talk.read_until("error")["code"] == FAILED
        talk.say("Hi.")
        talk.read_until("assistant_end")
    assert evi.journal.wait_for(kind="ears")["error"]


@pytest.mark.slow
def test_ears_that_take_too_long(evi_server: Emulator, openai_server: OpenAi) -> None:
    """They are given up, as if they had failed."""
    goes_on = threading.Event()
    openai_server.transcripts.append(lambda: str(goes_on.wait(PATIENCE_S)))
    evi = evi_server.world(ears=openai_server.url, ears_timeout=1)
    with talking(evi, config_id=config(evi)) as talk:
        speak(talk)
        assert talk.read_until("error")["code"] == FAILED
    goes_on.set()
    assert evi.journal.wait_for(kind="ears")["error"] == "no answer came for 1 s"


def test_a_reset_ends_the_call(hearing: Evi, openai_server: OpenAi) -> None:
    """Nothing of it comes into the new world."""
    began, goes_on = threading.Event(), threading.Event()

    def never() -> str:
        began.set()
        goes_on.wait(PATIENCE_S)
        return "Too late."

    openai_server.transcripts.append(never)
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        assert began.wait(PATIENCE_S)
        hearing.reset()
        talk.until_closed()
    goes_on.set()
    assert hearing.journal.entries(kind="ears") == []


def test_what_ends_with_the_chat(hearing: Evi, openai_server: OpenAi) -> None:
    """A call under way is dropped."""
    began, goes_on = threading.Event(), threading.Event()

    def never() -> str:
        began.set()
        goes_on.wait(PATIENCE_S)
        return "Too late."

    openai_server.transcripts.append(never)
    with talking(hearing, config_id=config(hearing)) as talk:
        speak(talk)
        assert began.wait(PATIENCE_S)
    assert hearing.journal.wait_for(kind="ears", ended="dropped")
    goes_on.set()


def test_the_clock_waits_for_the_ears(evi_server: Emulator, openai_server: OpenAi) -> None:
    """An advance stops until the words are there: nobody has been silent meanwhile."""
    began, goes_on = threading.Event(), threading.Event()

    def slowly() -> str:
        began.set()
        goes_on.wait(PATIENCE_S)
        return "Hello."

    openai_server.transcripts.append(slowly)
    evi = evi_server.world(ears=openai_server.url, clock="manual", pace="realtime")
    with talking(evi, config_id=config(evi)) as talk:
        speak(talk)
        assert began.wait(PATIENCE_S)
        advance = Started(lambda: evi.clock.advance(seconds=5))
        goes_on.set()
        advance.result()
        assert talk.read_until("user_message")["message"]["content"] == "Hello."
        assert [role for role, _ in evi.chats[-1].messages][:2] == ["user", "assistant"]


def test_plain_http_stays_on_this_machine(evi_server: Emulator) -> None:
    """Elsewhere https is wanted, unless the host is named."""
    evi = evi_server.world(ears="http://ears.example.com")
    with talking(evi, config_id=config(evi)) as talk:
        speak(talk)
        talk.read_until("error")
    assert "must begin with https://" in evi.journal.wait_for(kind="ears")["error"]


def test_ears_and_a_brain(evi_server: Emulator, openai_server: OpenAi) -> None:
    """A whole conversation: sound in, words, an answer, sound out."""
    evi = evi_server.world(ears=openai_server.url, brain=openai_server.url)
    openai_server.transcripts.extend(["What time is it?", "Thank you."])
    openai_server.says("It is ", "noon. ", "Time to eat!")
    with talking(evi, config_id=config(evi)) as talk:
        speak(talk)
        messages = talk.turn()
        speak(talk)
        assert spoken(talk) == "You said: Thank you. Is that right?"
    kinds = [each["type"] for each in messages]
    assert kinds.index("user_message") < kinds.index("assistant_message")
    assert "audio_output" in kinds
    assert contents(openai_server.questions[1]) == [
        ("user", "What time is it?"),
        ("assistant", "It is noon. Time to eat!"),
        ("user", "Thank you."),
    ]
