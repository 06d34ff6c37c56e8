"""Chats whose sentences a server says."""

import asyncio
import json
import threading
import wave
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

import pytest

from emulator.apis.evi.chat.channel import Dropped, Output, SoundWanted
from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.voice_caller import VoiceCaller
from emulator.audio.sound import Tones
from emulator.audio.timbre import timbre_of
from emulator.errors import UsageError
from emulator.outgoing import speech
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.evi.open_ai import PATIENCE_S, OpenAi, wav
from tests.testing.talking import Talk, get, http, talking

SAMPLE = (4_000).to_bytes(2, "little")
SCRIPT = {"rules": [{"answer": "One two. Three four."}]}


@pytest.fixture
def voiced(evi_server: Emulator, openai_server: OpenAi) -> Evi:
    """A world whose voice is a server's."""
    evi = evi_server.world(voice=openai_server.url, voice_key="sk-voice")
    evi.use_script(SCRIPT)
    return evi


def pcm(message: dict[str, Any]) -> bytes:
    with wave.open(BytesIO(b64decode(message["data"]))) as file:
        assert file.getframerate() == 48_000
        return bytes(file.readframes(file.getnframes()))


def messages(talk: Talk, until: str = "assistant_end") -> Iterator[dict[str, Any]]:
    while (message := json.loads(talk.socket.recv(timeout=PATIENCE_S)))["type"] != until:
        yield message


def heard(talk: Talk, text: str = "Hello") -> bytes:
    """What the answer to a text sounds like."""
    talk.say(text)
    return b"".join(pcm(each) for each in messages(talk) if each["type"] == "audio_output")


def test_each_sentence_is_asked_for_once(voiced: Evi, openai_server: OpenAi) -> None:
    """The request is as the API has it; what was said lately is kept."""
    openai_server.sounds.append(wav(1_000))
    with talking(voiced) as talk:
        sound = heard(talk)
        assert sound == SAMPLE * 48 * 1_500
        assert heard(talk) == sound
        talk.send(type="session_settings", voice_id="David Hume")
        heard(talk)
    first, second, *others = openai_server.said
    assert first.content == {
        "model": "tts-1",
        "input": "One two.",
        "voice": "Ava Song",
        "response_format": "wav",
        "speed": 1.0,
    }
    assert first.headers["Authorization"] == "Bearer sk-voice"
    assert second.content["input"] == "Three four."
    assert [each.content["voice"] for each in others] == ["David Hume"] * 2
    entry = voiced.journal.wait_for(kind="voice")
    assert (entry["text"], entry["ended"], entry["status"]) == ("One two.", "complete", 200)
    assert (entry["sound_ms"], entry["error"]) == (1_000, None)
    assert "sk-voice" not in str(entry)


@pytest.mark.process  # it asks uname what it runs on
def test_the_client_of_openai_asks_as_the_emulator_does(voiced: Evi, openai_server: OpenAi) -> None:
    """With the same fields."""
    import openai  # which takes long

    with talking(voiced) as talk:
        heard(talk)
    client = openai.OpenAI(base_url=f"{openai_server.url}/v1", api_key="sk-voice")
    client.audio.speech.create(
        input="One two.", model="tts-1", voice="Ava Song", response_format="wav", speed=1.0
    )
    assert openai_server.said[0].content == openai_server.said[-1].content


def test_names_for_the_server(evi_server: Emulator, openai_server: OpenAi) -> None:
    """The model and the voice can be named; the URL may be the whole route."""
    url = f"{openai_server.url}/v1/audio/speech"
    evi = evi_server.world(voice=url, voice_model="kokoro", voice_name="af_heart")
    with talking(evi) as talk:
        heard(talk)
    said = openai_server.said[0].content
    assert (said["model"], said["voice"]) == ("kokoro", "af_heart")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"<html>", "expected a WAV file"),
        (wav(0), "no sound"),
        (wav(2_500), "lasts more than 2 s"),
        ((401, "no key"), "status 401: no key"),
        ((302, "elsewhere"), "status 302"),
    ],
)
def test_a_failure_is_tones(
    voiced: Evi,
    openai_server: OpenAi,
    answer: bytes | tuple[int, str],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The journal says why; the next sentence is asked for again."""
    monkeypatch.setattr(speech, "_LONGEST_S", 2)
    if isinstance(answer, bytes):
        openai_server.sounds.append(answer)
    else:
        openai_server.refusals.append(answer)
    with talking(voiced) as talk:
        sound = heard(talk)
    ms = speech_of(sound)
    assert sound.endswith(SAMPLE * 48 * 500)
    assert ms > 500
    entry = voiced.journal.wait_for(kind="voice", ended="failed")
    assert problem in entry["error"]
    assert entry["error"].endswith("; tones take its place")


def speech_of(sound: bytes) -> int:
    return len(sound) // 96


def test_a_header_that_does_not_know_the_length(voiced: Evi, openai_server: OpenAi) -> None:
    """Servers that stream write the greatest length there is."""
    file = bytearray(wav(700))
    file[4:8] = file[40:44] = b"\xff\xff\xff\xff"
    openai_server.sounds.append(bytes(file))
    with talking(voiced) as talk:
        assert speech_of(heard(talk)) == 1_200


@pytest.mark.slow
def test_nobody_is_there(evi_server: Emulator, openai_server: OpenAi) -> None:
    """Neither a server that hangs nor one that is not there keeps a chat from going on."""
    goes_on = threading.Event()

    def hang() -> bytes:
        goes_on.wait(PATIENCE_S)
        return wav(500)

    openai_server.sounds.extend([hang, hang])
    hanging = evi_server.world(voice=openai_server.url, voice_timeout=1)
    with talking(hanging) as talk:
        assert heard(talk)
    goes_on.set()
    entry = hanging.journal.wait_for(kind="voice", ended="failed")
    assert entry["error"].startswith("no speech came for 1 s")
    gone = evi_server.world(voice="http://127.0.0.1:1")
    with talking(gone) as talk:
        assert heard(talk)
    entry = gone.journal.wait_for(kind="voice", ended="failed")
    assert entry["status"] is None
    assert "127.0.0.1:1" in entry["error"]


def test_plain_http_stays_on_this_machine(evi_server: Emulator) -> None:
    """Another host must be named, or be called by https."""
    evi = evi_server.world(voice="http://speech.example.com")
    with talking(evi) as talk:
        assert heard(talk)
    error = evi.journal.wait_for(kind="voice")["error"]
    assert error.startswith("its URL must begin with https://")


def test_an_interruption_ends_the_call(voiced: Evi, openai_server: OpenAi) -> None:
    """What is not said any more is not awaited."""
    began, goes_on = threading.Event(), threading.Event()

    def slowly() -> bytes:
        began.set()
        goes_on.wait(PATIENCE_S)
        return wav(500)

    openai_server.sounds.append(slowly)
    with talking(voiced) as talk:
        talk.say("Hello")
        assert began.wait(PATIENCE_S)
        talk.say("Stop")
        assert voiced.journal.wait_for(kind="voice", ended="dropped")["text"] == "One two."
        said = [each["type"] for each in messages(talk)]
        goes_on.set()
    assert said.count("assistant_message") == 2


def test_an_advance_of_the_clock_waits(evi_server: Emulator, openai_server: OpenAi) -> None:
    """A sentence is said when it was due, however long the server takes."""
    began, goes_on = threading.Event(), threading.Event()

    def slowly() -> bytes:
        began.set()
        goes_on.wait(PATIENCE_S)
        return wav(500)

    voiced = evi_server.world(voice=openai_server.url, clock="manual")
    openai_server.sounds.append(slowly)
    with talking(voiced) as talk:
        talk.say("Hello")
        assert began.wait(PATIENCE_S)
        advance = threading.Thread(target=voiced.clock.advance, args=(5,))
        advance.start()
        goes_on.set()
        assert [each["type"] for each in messages(talk)].count("assistant_message")
        advance.join(PATIENCE_S)
        chat_id = voiced.journal.wait_for(kind="voice")["chat_id"]
        events = get(voiced, f"/v0/evi/chats/{chat_id}")["events_page"]
    times = {each["timestamp"] for each in events if each["type"] == "AGENT_MESSAGE"}
    assert times == {events[0]["timestamp"]}


def test_a_reset_ends_the_call(voiced: Evi, openai_server: OpenAi) -> None:
    """What a chat waited for goes with it."""
    began, goes_on = threading.Event(), threading.Event()

    def slowly() -> bytes:
        began.set()
        goes_on.wait(PATIENCE_S)
        return wav(500)

    openai_server.sounds.append(slowly)
    with talking(voiced) as talk:
        talk.say("Hello")
        assert began.wait(PATIENCE_S)
        voiced.reset()
        goes_on.set()
    with talking(voiced) as talk:
        assert heard(talk)


def test_a_failure_in_the_diagnosis(voiced: Evi, openai_server: OpenAi) -> None:
    """A wait that fails shows what the voice's server was asked."""
    openai_server.refusals.append((500, "broken"))
    with talking(voiced) as talk:
        heard(talk)
    voiced.journal.wait_for(kind="voice", ended="complete")
    with pytest.raises(AssertionError, match=r"voice +'One two\.' to http.*status 500: broken"):
        voiced.journal.wait_for(kind="voice", ended="dropped", timeout=0.01)


def test_a_reconstruction(evi_server: Emulator, openai_server: OpenAi) -> None:
    """The assistant's sentences are the server's, asked for again if they are kept no more."""
    voiced = evi_server.world(voice=openai_server.url, clock="manual")
    voiced.use_script(SCRIPT)
    with talking(voiced) as talk:
        heard(talk)
        voiced.clock.advance(5)
    chat_id = voiced.journal.wait_for(kind="voice")["chat_id"]
    with http(voiced) as client:
        for _ in range(4):
            audio = client.get(f"/v0/evi/chats/{chat_id}/audio").json()
        file = client.get(audio["signed_audio_url"]).content
        assert SAMPLE * 100 in file
        assert len(openai_server.said) == 2
        voiced.world.speech = None
        assert client.get(audio["signed_audio_url"]).content == file
    assert len(openai_server.said) == 4


def test_a_simulated_chat_asks_nobody(voiced: Evi, openai_server: OpenAi) -> None:
    """It has the times of tones."""
    voiced.simulate(user=["Hello there."])
    assert openai_server.said == []


def test_a_voice_is_known_or_a_url(evi_server: Emulator) -> None:
    """Anything else is refused, with what would do."""
    with pytest.raises(UsageError, match=r"tones, espeak, or a URL.*'espaek'"):
        evi_server.world(voice="espaek")
    with pytest.raises(UsageError, match="must begin with https:// or http://"):
        evi_server.world(voice="ftp://a")


def test_a_call_that_is_dropped_at_once_leaves_no_job(voiced: Evi) -> None:
    """Its task never ran, and still no advance of the clock waits for it."""
    live = cast("LiveChat", SimpleNamespace(session=SimpleNamespace(chat_id="c")))
    wanted = SoundWanted("1", Tones().speak("Hello.", timbre_of("x")))

    async def drop() -> None:
        VoiceCaller(voiced.world, live)(Output(asks=[wanted, Dropped("1")]))
        for _ in range(3):
            await asyncio.sleep(0)
        assert voiced.world.work._jobs == {}

    asyncio.run(drop())
