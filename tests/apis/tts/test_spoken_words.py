"""Text-to-speech in words, where the speech engine is installed."""

import json
from base64 import b64decode
from typing import Any

import pytest

from emulator.apis.voices.state import VoicesState
from emulator.testing.world import Evi
from tests.apis.tts.speaking import AVA
from tests.testing.talking import http

pytest.importorskip("espeakng_loader", reason="espeakng-loader is not installed")

SPOKEN = pytest.mark.evi(voice="espeak")
TEXT = "Hello there. My number is 555-0123. "


def body(text: str = TEXT, **more: Any) -> dict[str, Any]:
    return {
        "utterances": [{"text": text, "voice": AVA}],
        "format": {"type": "wav"},
        "version": "2",
        "include_timestamp_types": ["word", "phoneme"],
        **more,
    }


@SPOKEN
def test_a_whole_answer(evi: Evi) -> None:
    """Duration, size and timestamps are those of the sound, which is the same each time."""
    with http(evi) as client:
        first, again = (client.post("/v0/tts", json=body()).json() for _ in range(2))
        file = client.post("/v0/tts/file", json=body())
    [made], [same] = first["generations"], again["generations"]
    audio = b64decode(made["audio"])

    assert audio == b64decode(same["audio"]) == file.content
    assert made["file_size"] == len(audio) == int(file.headers["content-length"])
    assert made["duration"] == (len(audio) - 44) / 96_000 > 3
    [snippets] = made["snippets"]
    assert "".join(each["text"] for each in snippets) == TEXT
    stamps = [each for snippet in snippets for each in snippet["timestamps"]]
    words = [each for each in stamps if each["type"] == "word"]
    assert [each["text"] for each in words] == ["Hello", "there", "My", "number", "is", "555-0123"]
    assert words[-1]["time"]["end"] <= made["duration"] * 1000
    assert "ə" in {each["text"] for each in stamps}


@SPOKEN
def test_a_stream_has_the_same_sound(evi: Evi) -> None:
    """Its chunks are made in threads, and joined they are the file."""
    wanted = body(strip_headers=True)
    with http(evi) as client:
        file = client.post("/v0/tts/file", json=wanted).content
        lines = client.post("/v0/tts/stream/json", json=wanted).text.splitlines()
        streamed = client.post("/v0/tts/stream/file", json=wanted).content
    audio = [each for each in map(json.loads, lines) if each["type"] == "audio"]
    assert b"".join(b64decode(each["audio"]) for each in audio) == file == streamed


@pytest.mark.evi(voice="espeak", max_generation_seconds=20)
def test_speech_that_is_too_long(evi: Evi) -> None:
    """The limit is judged by the sound."""
    utterances = [{"text": "word " * 60, "voice": AVA, "speed": 0.5}]
    with http(evi) as client:
        answer = client.post("/v0/tts", json=body(utterances=utterances))
    assert (answer.status_code, answer.json()["details"]["slug"]) == (400, "generation_too_long")


@SPOKEN
def test_designed_voices_differ(evi: Evi) -> None:
    """Each generation of a description has a voice of its own; its words choose the language."""
    given = [{"text": TEXT, "description": "an old Spanish man"}]
    with http(evi) as client:
        wanted = {"utterances": given, "num_generations": 2}
        answer = client.post("/v0/tts", json=wanted).json()
    first, second = (each["audio"] for each in answer["generations"])
    assert first != second
    timbres = [
        json.loads(text)["utterances"][0]["timbre"].split("/")[0]
        for text in list(evi.world.state(VoicesState).generations.texts())[-2:]
    ]
    assert timbres == ["Male es", "Male es"]


def test_a_world_without_a_voice_has_tones(evi: Evi) -> None:
    """The setting is each world's."""
    with http(evi) as client:
        made = client.post("/v0/tts", json=body()).json()["generations"][0]
    assert made["duration"] * 50 == pytest.approx(round(made["duration"] * 50))
