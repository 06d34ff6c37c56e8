"""`evi.tts`: what was said, expectations, sound, and sounds of texts."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from emulator.audio.wav import wav_header
from emulator.errors import UsageError
from emulator.testing.diagnosis import ExpectationFailed
from emulator.testing.world import Evi
from tests.apis.tts.speaking import AVA, DEMO
from tests.testing.talking import Started, http, talking, until_it_waits

CLICK = b"\x00\x20" * 24_000  # half a second
WAV = wav_header(len(CLICK), 48_000) + CLICK


def speak(evi: Evi, text: str, path: str = "/v0/tts", **more: Any) -> Any:
    """The answer to a request for one utterance."""
    body = {"utterances": [{"text": text, **more.pop("utterance", {})}], **more}
    with http(evi) as client:
        return client.post(path, json=body)


def test_generations(evi: Evi) -> None:
    """All, the oldest first, as the control route shows them."""
    assert [each["generation_id"] for each in evi.tts.generations] == [DEMO]
    speak(evi, "Hello.")
    assert [each["text"] for each in evi.tts.generations][1:] == ["Hello."]
    with http(evi) as client:
        shown = client.get("/_emulator/tts/generations").json()["generations"]
    assert evi.tts.generations == shown


def test_expecting(evi: Evi) -> None:
    """By text, pattern, voice and other fields; each generation meets one expectation."""
    for text in ("One.", "Two.", "Three.", "Four."):
        speak(evi, text, utterance={"voice": AVA})
    assert evi.tts.expect(text="One.")["text"] == "One."
    assert evi.tts.expect(re.compile("^T"))["text"] == "Two."
    third = evi.tts.expect(voice="ava song", version="1", operation="synthesize-json")
    assert third["text"] == "Three."
    assert evi.tts.expect(voice=third["voice"]["id"])["text"] == "Four."
    with pytest.raises(ExpectationFailed):
        evi.tts.expect(timeout=0)


def test_expecting_of_a_socket(evi: Evi) -> None:
    """Each flush makes a generation; keys in camel case are found there, too."""
    address = f"ws{evi.url.removeprefix('http')}/v0/tts/stream/input"
    query = f"api_key={evi.api_key}&noBinary=true&no_binary=true"
    with connect(f"{address}?{query}", proxy=None, max_queue=None) as socket:
        for text in ("One.", "Two."):
            socket.send(json.dumps({"text": text, "voice": AVA, "flush": True}))
            assert evi.tts.expect(text, operation="stream-input")["voice"]["name"] == "Ava Song"
        socket.send(json.dumps({"trailingSilence": 1, "close": True}))
        assert [json.loads(frame)["text"] for frame in socket] == ["One.", "Two."]
    found = [(each["code"], each["place"], each["hint"]) for each in evi.contract.findings]
    assert found == [
        ("parameter_unknown", "/query/noBinary", "did you mean 'no_binary'?"),
        ("field_unknown", "/frame/trailingSilence", "did you mean 'trailing_silence'?"),
    ]


def test_an_expectation_waits(evi: Evi) -> None:
    """It comes back as soon as its text is said."""
    waiting = Started(lambda: evi.tts.expect("Later.", timeout=30))
    until_it_waits(evi)
    speak(evi, "Sooner.")
    speak(evi, "Later.")
    assert waiting.result()["text"] == "Later."


def test_expecting_in_an_async_test(evi: Evi) -> None:
    """The same without blocking the loop."""

    async def run() -> Any:
        waiting = asyncio.create_task(evi.tts.aexpect("Hello.", timeout=30))
        await asyncio.to_thread(speak, evi, "Hello.")
        return await waiting

    assert asyncio.run(run())["text"] == "Hello."


def test_what_a_failed_expectation_tells(evi: Evi) -> None:
    """The nearest generation, how it differs, and what happened."""
    speak(evi, "Hello there.", utterance={"voice": AVA})
    with pytest.raises(ExpectationFailed) as failed:
        evi.tts.expect(text="Hello where.", voice="Kora", timeout=0)
    told = str(failed.value)
    assert "nothing was said with text='Hello where.', voice=the voice 'Kora' within 0 s" in told
    assert "nearest: text='Hello there.'" in told
    assert "text: wanted 'Hello where.', got 'Hello there.'" in told
    assert "voice: wanted the voice 'Kora', got 'Ava Song'" in told
    assert "POST /v0/tts -> 200" in told


def test_a_failed_expectation_leaves_out_a_voice_that_is_as_wanted(evi: Evi) -> None:
    """By its name or its id."""
    speak(evi, "Hello there.", utterance={"voice": AVA})
    for voice in ("ava song", evi.tts.generations[-1]["voice"]["id"]):
        with pytest.raises(ExpectationFailed, match="text: wanted 'Hi', got") as failed:
            evi.tts.expect(text="Hi", voice=voice, timeout=0)
        assert "voice: wanted" not in str(failed.value)


def test_a_stream_that_ends_early_is_not_said(evi: Evi) -> None:
    """What a client did not get in full meets an expectation only if that is asked for."""
    evi.faults.add("http", "error_line", operation="synthesize-json-streaming", error="uncaught")
    answer = speak(evi, "Hello.", "/v0/tts/stream/json", utterance={"voice": AVA})
    assert '"slug":"uncaught"' in answer.text
    with pytest.raises(ExpectationFailed, match="complete=False expects that"):
        evi.tts.expect("Hello.", timeout=0)
    assert not evi.tts.expect("Hello.", complete=False)["complete"]


def test_a_designed_voice_is_no_voice_by_name(evi: Evi) -> None:
    """A generation without a named voice meets no expectation of one."""
    speak(evi, "Hello.")
    with pytest.raises(ExpectationFailed, match="voice: wanted the voice 'Kora', got None"):
        evi.tts.expect(voice="Kora", timeout=0)


def test_a_failed_expectation_names_a_refusal(evi: Evi) -> None:
    """A request that was refused is the likely reason."""
    speak(evi, "Hello.", "/v0/tts/stream/json")
    with pytest.raises(ExpectationFailed) as failed:
        evi.tts.expect("Hello.", timeout=0)
    assert "hint: POST /v0/tts/stream/json was refused with 400: Utterance 0 has no voice" in str(
        failed.value
    )


def test_a_failed_expectation_names_a_mistake(evi: Evi) -> None:
    """A request with mistakes, too: each with its place."""
    speak(evi, "Hello.", utterance={"speed": 3})
    with pytest.raises(ExpectationFailed, match="with 422: /body/utterances/0/speed: Input should"):
        evi.tts.expect("Hello.", timeout=0)


def test_a_failed_expectation_knows_the_order(evi: Evi) -> None:
    """What came before the one that was met does not count, and the message says so."""
    speak(evi, "One.")
    speak(evi, "Two.")
    evi.tts.expect("Two.")
    with pytest.raises(ExpectationFailed, match="came before one that an earlier expectation"):
        evi.tts.expect("One.", timeout=0)


def test_a_field_that_generations_do_not_have(evi: Evi) -> None:
    """A mistake of the test fails at once."""
    with pytest.raises(UsageError, match="no generation has a field 'txt'.*did you mean 'text'"):
        evi.tts.expect(txt="a")


@pytest.mark.evi(random_seed=1)
def test_after_a_reset(evi: Evi) -> None:
    """The first generation counts again, though its id is that of the one before."""
    speak(evi, "One.")
    first = evi.tts.expect("One.")
    evi.reset()
    with pytest.raises(ExpectationFailed):
        evi.tts.expect(timeout=0)
    speak(evi, "One.")
    assert evi.tts.expect("One.")["generation_id"] == first["generation_id"]


def test_sound(evi: Evi) -> None:
    """Of a generation or an id, in any format."""
    speak(evi, "Hello.", format={"type": "mp3"})
    generation = evi.tts.expect("Hello.")
    pcm = evi.tts.audio(generation, "pcm")
    assert len(pcm) == round(generation["duration"] * 96_000)
    assert evi.tts.audio(generation["generation_id"]) == wav_header(len(pcm), 48_000) + pcm
    assert evi.tts.audio(generation, format="mp3").startswith(b"\xff\xfb")
    with pytest.raises(UsageError, match="no format 'ogg'"):
        evi.tts.audio(generation, "ogg")
    with pytest.raises(LookupError, match="no generation 'x' in this world"):
        evi.tts.audio("x")


def test_sounds_of_texts(evi: Evi, tmp_path: Path) -> None:
    """A file, its path as text, or its content; until they are cleared."""
    path = tmp_path / "click.wav"
    path.write_bytes(WAV)
    given: list[str | Path | bytes] = [WAV, path, str(path)]
    for number, sound in enumerate(given):
        evi.tts.set_sound(f"Text {number}.", sound)
        speak(evi, f"Text {number}.")
        assert evi.tts.audio(evi.tts.expect(f"Text {number}."), "pcm") == CLICK
    evi.tts.clear_sounds()
    speak(evi, "Text 0.")
    assert evi.tts.audio(evi.tts.expect("Text 0."), "pcm") != CLICK
    with pytest.raises(UsageError, match="the sound can't be read as sound"):
        evi.tts.set_sound("a", b"no sound at all")
    with pytest.raises(FileNotFoundError):
        evi.tts.set_sound("a", tmp_path / "nothing.wav")


def test_a_snapshot_keeps_all(evi: Evi, tmp_path: Path) -> None:
    """Generations, how voices of them sound, and sounds of texts: in memory, and in a file."""
    evi.tts.set_sound("Click.", WAV)
    speak(evi, "Hello.")
    said = evi.tts.expect("Hello.")
    with http(evi) as client:
        body = {"generation_id": said["generation_id"], "name": "Mine"}
        assert client.post("/v0/tts/voices", json=body).status_code == 200

    def sounds() -> list[bytes]:
        for text in ("Hello again.", "Click."):
            assert speak(evi, text, utterance={"voice": {"name": "Mine"}}).status_code == 200
        return [evi.tts.audio(each, "pcm") for each in evi.tts.generations]

    snapshot, path = evi.snapshot(), tmp_path / "world.json"
    evi.save(path)
    generations, heard = evi.tts.generations, sounds()
    assert heard[-1] == CLICK
    for from_file in (False, True):
        evi.reset()
        assert len(evi.tts.generations) == 1
        if from_file:
            evi.load(path)
        else:
            evi.restore(snapshot)
        assert evi.tts.generations == generations
        assert sounds() == heard


def test_a_chat_in_a_voice_of_a_generation(evi: Evi) -> None:
    """A config names the voice that was made a moment ago, and a chat opens with it."""
    speak(evi, "Good evening.", utterance={"description": "A warm old man."})
    made = {"generation_id": evi.tts.expect()["generation_id"], "name": "Grandpa"}
    config = {"evi_version": "3", "name": "c", "voice": {"name": "Grandpa"}}
    with http(evi) as client:
        voice = client.post("/v0/tts/voices", json=made).json()
        created = client.post("/v0/evi/configs", json=config).json()
    assert created["voice"]["id"] == voice["id"] == evi.voices["Grandpa"]["id"]
    with talking(evi, config_id=created["id"]) as talk:
        talk.read_until("chat_metadata")
        talk.say("Hello")
        assert talk.read_until("assistant_message")
