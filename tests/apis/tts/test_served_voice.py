"""Text-to-speech in the words of a server."""

from collections.abc import Iterator

import pytest

from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.evi.open_ai import OpenAi, open_ai, wav
from tests.testing.talking import http

AVA = {"name": "Ava Song", "provider": "HUME_AI"}
BODY = {
    "utterances": [{"text": "One two. Three four.", "voice": AVA, "speed": 1.5}],
    "format": {"type": "pcm"},
    "version": "2",
    "include_timestamp_types": ["word"],
}


@pytest.fixture
def server() -> Iterator[OpenAi]:
    with open_ai() as found:
        yield found


@pytest.fixture
def voiced(evi_server: Emulator, server: OpenAi) -> Evi:
    return evi_server.world(voice=server.url)


@pytest.mark.parametrize("path", ["/v0/tts/file", "/v0/tts/stream/file"])
def test_a_file(voiced: Evi, server: OpenAi, path: str) -> None:
    """Each snippet is said in the voice that the utterance names, and is as long as its sound."""
    server.sounds.append(wav(1_000, sample=1))
    body = {key: BODY[key] for key in ("utterances", "format", "version")}
    with http(voiced) as client:
        sound = client.post(path, json=body).content
    assert sound == b"\1\0" * 48_000 + (4_000).to_bytes(2, "little") * 24_000
    asked = [each.content for each in server.said]
    assert [each["input"] for each in asked] == ["One two. ", "Three four."]
    assert {(each["voice"], each["speed"]) for each in asked} == {("Ava Song", 1.5)}


def test_times_of_words(voiced: Evi, server: OpenAi) -> None:
    """They are spread over the sound."""
    server.sounds.extend([wav(4_000), wav(4_000)])
    with http(voiced) as client:
        lines = client.post("/v0/tts/stream/json", json=BODY).text.splitlines()
    assert sum('"timestamp"' in line for line in lines) == 4
    assert voiced.tts.generations[-1]["duration"] == 8


def test_after_a_failure_the_rest_is_tones(voiced: Evi, server: OpenAi) -> None:
    """A server that fails is not asked for each sentence of a text."""
    server.refusals.append((500, "broken"))
    with http(voiced) as client:
        answer = client.post("/v0/tts/file", json={**BODY, "include_timestamp_types": []})
    assert answer.status_code == 200
    assert any(answer.content)
    assert server.said == []
    entry = voiced.journal.wait_for(kind="voice")
    assert (entry["status"], entry["ended"], entry["chat_id"]) == (500, "failed", None)


def test_a_generation_is_made_again(voiced: Evi, server: OpenAi) -> None:
    """From what is kept, or by the server."""
    with http(voiced) as client:
        sound = client.post("/v0/tts/file", json=BODY).content
    generation = voiced.tts.generations[-1]
    assert voiced.tts.audio(generation, "pcm") == sound
    assert len(server.said) == 2
    voiced.world.speech = None
    assert voiced.tts.audio(generation, "pcm") == sound
    assert len(server.said) == 4
