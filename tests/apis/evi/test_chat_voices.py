"""Chats in words, where the speech engine is installed."""

import json
import wave
from array import array
from base64 import b64decode
from io import BytesIO
from typing import Any

import pytest

from emulator.apis.evi.chat_voices import assistant_voice, user_voice
from emulator.audio.live_voices import ASSISTANT_TONES, USER_TONES, SpokenVoice
from emulator.testing.world import Evi
from tests.testing.talking import PATIENCE_S, Talk, get, http, talking

pytest.importorskip("espeakng_loader", reason="espeakng-loader is not installed")

SPOKEN = pytest.mark.evi(voice="espeak", random_seed=1)


def pcm(message: dict[str, Any]) -> bytes:
    """The samples of an audio_output."""
    with wave.open(BytesIO(b64decode(message["data"]))) as file:
        assert file.getframerate() == 48_000
        return bytes(file.readframes(file.getnframes()))


def heard(talk: Talk, text: str = "Hello") -> list[bytes]:
    """The chunks of the answer to a text."""
    talk.say(text)
    chunks = []
    while (message := json.loads(talk.socket.recv(timeout=PATIENCE_S)))["type"] != "assistant_end":
        chunks += [pcm(message)] if message["type"] == "audio_output" else []
    return chunks


@SPOKEN
def test_sentences_are_spoken(evi: Evi) -> None:
    """Chunks last 0.9 s, but for a sentence's last; the session settings can name the voice."""
    with talking(evi) as talk:
        first = heard(talk)
        talk.send(type="session_settings", voice_id="David Hume")
        second = heard(talk)
    assert max(map(len, first)) == 86_400
    assert b"".join(first) != b"".join(second)


@SPOKEN
def test_a_reconstruction_is_spoken(evi: Evi) -> None:
    """A simulated chat lasts as long as its words take, and they are in its audio."""
    chat = evi.simulate(user=["What is the weather like today?"])
    with http(evi) as client:
        for _ in range(4):
            audio = client.get(f"/v0/evi/chats/{chat.id}/audio").json()
        file = client.get(audio["signed_audio_url"]).content
        shown = client.get(f"/v0/evi/chats/{chat.id}").json()
    lasted_ms = shown["end_timestamp"] - shown["start_timestamp"]
    said = [each for each in shown["events_page"] if each["type"] == "AGENT_MESSAGE"]
    begin_ms = said[0]["timestamp"] - shown["start_timestamp"]
    samples = array("h", file[-(lasted_ms * 16 * 2) :])
    assert max(samples[: begin_ms * 16]) > 5_000  # the user
    assert max(samples[begin_ms * 16 :]) > 5_000


def test_tones_by_default(evi: Evi) -> None:
    """Nothing else is made or looked up."""
    assert assistant_voice(evi.world, None)("David Hume") is ASSISTANT_TONES
    assert user_voice(evi.world) is USER_TONES


@SPOKEN
def test_whose_voice_it_is(evi: Evi) -> None:
    """The session settings' voice, by id or name, else the config's, else the default one."""
    voices = get(evi, "/v0/tts/voices?provider=HUME_AI&page_size=100")["voices_page"]
    spanish = next(each for each in voices if "Spanish" in each.get("tags", {}).get("LANGUAGE", ()))
    find = assistant_voice(evi.world, spanish)
    of_config, by_name, by_id = (find(named) for named in (None, "ava song", spanish["id"]))

    assert isinstance(of_config, SpokenVoice)
    assert of_config.timbre.language.startswith("es")
    assert by_id == of_config
    assert by_name == assistant_voice(evi.world, None)(None) != of_config
    assert find("no such voice") == find("no such voice") not in (of_config, by_name)
