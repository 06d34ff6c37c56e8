"""Control routes of text-to-speech: what was said, its sound, and sounds of texts."""

import io
import wave
from base64 import b64decode, b64encode
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.audio.wav import wav_header
from tests.apis.tts.speaking import AVA, AVA_SAYS, DEMO, NOBODY, SAY, generation, record, say

GENERATIONS, SOUNDS = "/_emulator/tts/generations", "/_emulator/tts/sounds"


def wav(pcm: bytes, rate: int = 48_000) -> bytes:
    return wav_header(len(pcm), rate) + pcm


CLICK = b"\x00\x20" * 24_000  # half a second
AUDIO = b64encode(wav(CLICK)).decode()


def listed(client: TestClient, query: str = "") -> list[Any]:
    found: list[Any] = client.get(f"{GENERATIONS}{query}").json()["generations"]
    return found


def test_generations_are_listed(client: TestClient) -> None:
    """The newest last, after those of the seed; a limit leaves the newest."""
    ids = [generation(client)["generation_id"] for _ in range(3)]
    assert [each["generation_id"] for each in listed(client)] == [DEMO, *ids]
    assert [each["generation_id"] for each in listed(client, "?limit=2")] == ids[1:]
    assert len(listed(client, "?limit=99")) == 4


@pytest.mark.parametrize("limit", ["0", "-1", "x", ""])
def test_a_wrong_limit(client: TestClient, limit: str) -> None:
    """It is a 422 that names it."""
    answer = client.get(f"{GENERATIONS}?limit={limit}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "limit"]


def test_what_a_generation_shows(client: TestClient) -> None:
    """All that was asked for, and what was made of it."""
    utterances = [
        {"text": "One. ", "voice": AVA, "description": "softly", "speed": 1},
        {"text": "Two.", "speed": 1.5, "trailing_silence": 0.5},
    ]
    spoken = say(client, {"utterances": utterances}, context={"generation_id": DEMO})
    made = spoken["generations"][0]
    shown = listed(client)[-1]
    voice = shown["voice"]
    assert (voice["name"], voice["provider"]) == ("Ava Song", "HUME_AI")
    assert shown == {
        "generation_id": made["generation_id"],
        "request_id": spoken["request_id"],
        "created_at": shown["created_at"],
        "operation": "synthesize-json",
        "version": "1",
        "format": "pcm",
        "duration": made["duration"],
        "text": "One. Two.",
        "description": "softly",
        "voice": voice,
        "utterances": [
            {"text": "One. ", "voice": voice, "description": "softly"},
            {"text": "Two.", "voice": voice, "speed": 1.5, "trailing_silence": 0.5},
        ],
        "context_generation_id": DEMO,
        "variant": 0,
    }


def test_a_designed_voice_has_no_record(client: TestClient) -> None:
    """A generation in one shows null."""
    shown = record(client, DEMO)
    assert (shown["voice"], shown["context_generation_id"]) == (None, None)
    assert shown["description"].startswith("A museum guide")
    assert record(client, DEMO.upper()) == shown


def test_words_and_phonemes(client: TestClient) -> None:
    """Those that a client of version 2 is sent, whatever version spoke."""
    wanted = ["word", "phoneme"]
    made = generation(client, include_timestamp_types=wanted)
    stamps = [each for group in made["snippets"] for one in group for each in one["timestamps"]]
    shown = record(client, made["generation_id"])
    assert shown["words"] == [each for each in stamps if each["type"] == "word"]
    assert shown["phonemes"] == [each for each in stamps if each["type"] == "phoneme"]
    assert [each["text"] for each in shown["words"]] == ["Hello", "there"]
    plain = record(client, generation(client)["generation_id"])
    assert (plain["version"], plain["words"]) == ("1", shown["words"])


@pytest.mark.parametrize(
    ("query", "media_type"),
    [
        ("", "application/octet-stream"),
        ("?format=pcm", "application/octet-stream"),
        ("?format=wav", "audio/wav"),
        ("?format=mp3", "audio/mpeg"),
    ],
)
def test_the_sound_of_a_generation(client: TestClient, query: str, media_type: str) -> None:
    """It is made again, byte for byte, in its own format or another."""
    made = generation(client)
    answer = client.get(f"{GENERATIONS}/{made['generation_id']}/audio{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert int(answer.headers["content-length"]) == len(answer.content)
    if media_type == "application/octet-stream":
        assert answer.content == b64decode(made["audio"])
    if media_type == "audio/wav":
        with wave.open(io.BytesIO(answer.content)) as file:
            assert file.readframes(file.getnframes()) == b64decode(made["audio"])


def test_what_does_not_exist(client: TestClient) -> None:
    """An unknown generation is a 404, another format a 422."""
    for path in (f"{GENERATIONS}/{NOBODY}", f"{GENERATIONS}/{NOBODY}/audio"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "generation_not_found")
        assert NOBODY in answer.json()["message"]
    answer = client.get(f"{GENERATIONS}/{DEMO}/audio?format=mp4")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["msg"] == (
        "Input should be 'mp3', 'pcm' or 'wav' (did you mean 'mp3'?)"
    )


# sounds of texts


def test_a_text_with_a_sound_of_its_own(client: TestClient) -> None:
    """An utterance with the text has it, whatever its voice, until it is taken away."""
    before = generation(client, SAY)
    answer = client.post(SOUNDS, json={"text": " Hello there.\n", "audio": AUDIO})
    shown = {"text": "Hello there.", "duration": 0.5}
    assert (answer.status_code, answer.json()) == (200, shown)
    assert client.get(SOUNDS).json() == {"sounds": [shown]}
    for body in (SAY, AVA_SAYS):
        made = generation(client, body)
        assert (b64decode(made["audio"]), made["duration"]) == (CLICK, 0.5)
        words = record(client, made["generation_id"])["words"]
        assert [each["text"] for each in words] == ["Hello", "there"]
        assert words[-1]["time"]["end"] <= 500

    assert client.delete(SOUNDS).status_code == 204
    assert client.get(SOUNDS).json() == {"sounds": []}
    assert generation(client, SAY)["audio"] == before["audio"]


def test_one_sound_is_taken_away(client: TestClient) -> None:
    """By its text; the others stay."""
    for text in ("Yes.", "No."):
        client.post(SOUNDS, json={"text": text, "audio": AUDIO})
    assert client.delete(SOUNDS, params={"text": "Yes."}).status_code == 204
    assert [each["text"] for each in client.get(SOUNDS).json()["sounds"]] == ["No."]
    answer = client.delete(SOUNDS, params={"text": "No"})
    assert (answer.status_code, answer.json()["code"]) == (404, "sound_not_found")
    assert "'No' has no sound of its own (did you mean 'No.'?)" in answer.json()["message"]


@pytest.mark.parametrize(
    ("audio", "status", "message"),
    [
        ("no base64!", 422, "Input should be base64"),
        ("", 400, "The audio"),
        (b64encode(b"no sound at all").decode(), 400, "The audio can't be read as sound"),
        (b64encode(wav(b"")).decode(), 400, "The audio holds no sound"),
        (b64encode(wav(bytes(2 * 4_000 * 61), 4_000)).decode(), 400, "more than 60 s"),
    ],
    ids=["not-base64", "empty", "no-sound", "no-samples", "too-long"],
)
def test_a_sound_that_is_refused(client: TestClient, audio: str, status: int, message: str) -> None:
    """The answer says why, and nothing changes."""
    answer = client.post(SOUNDS, json={"text": "a", "audio": audio})
    assert answer.status_code == status
    assert message in answer.text
    assert client.get(SOUNDS).json() == {"sounds": []}
