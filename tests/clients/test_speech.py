"""Frameworks that speak, unmodified: their sound, words and times, and what they say of errors."""

import io
import wave
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import httpx
import pytest

from emulator import Emulator
from emulator.testing.world import Evi
from tests.clients.clients import CLIENTS, Client

pytestmark = pytest.mark.process

Json = dict[str, Any]


LIVEKIT, PIPECAT, AI_SDK = (each for each in CLIENTS if each.driver)
TEXT = "Hello there. How are you?"
AVA = "5bb7de05-c8fe-426a-8fcc-ba4fc4ce9f9c"
ENGLISH_ACTOR = "9e068547-5ba4-4c8e-8e03-69282a008f04"  # whom livekit speaks with
COLTON = "d8ab67c6-953d-4bd8-9370-8fa53a0f1453"  # whom the AI SDK speaks with
RATE = 48_000
PADDING_S = 0.2


@pytest.fixture(scope="module")
def instant() -> Iterator[Emulator]:
    with Emulator(seed="empty") as server:
        yield server


@pytest.fixture
def evi(instant: Emulator) -> Iterator[Evi]:
    with closing(instant.world()) as evi:
        yield evi


def speaker(client: Client) -> Client:
    """Return the client; skips the test where its environment is missing."""
    if why := client.why_not():
        pytest.skip(why)
    return client


def task(evi: Evi, **given: Any) -> Json:
    return {"url": evi.url, "key": evi.api_key, **given}


def spoken(evi: Evi, text: str, voice: str, **given: Any) -> Json:
    """Return what the API itself makes of a text in a voice."""
    body = {"utterances": [{"text": text, "voice": {"id": voice}}], **given}
    headers = {"X-Hume-Api-Key": evi.api_key}
    answer = httpx.post(f"{evi.url}/v0/tts", json=body, headers=headers, trust_env=False)
    [generation] = answer.raise_for_status().json()["generations"]
    return dict(generation)


def sent(evi: Evi) -> list[tuple[str, int | None]]:
    """Return the paths and statuses of all requests."""
    return [(entry["path"], entry["status"]) for entry in evi.journal.entries("http")]


def seconds(pcm: str) -> float:
    return len(b64decode(pcm)) / 2 / RATE


# livekit


def test_livekit_says_a_sentence_in_each_format(evi: Evi) -> None:
    """What it plays is the API's own sound, and a little silence: it plays whole frames."""
    formats = ("pcm", "wav", "mp3")
    tasks = [task(evi, text=TEXT, options={"audio_format": each}) for each in formats]
    found = dict(zip(formats, speaker(LIVEKIT).run_all(tasks), strict=True))
    assert sent(evi) == [("/v0/tts/stream/json", 200)] * 3
    assert [finding["code"] for finding in evi.contract.findings] == []
    expected = spoken(evi, TEXT, ENGLISH_ACTOR, format={"type": "pcm"})
    assert {(each["rate"], each["channels"]) for each in found.values()} == {(RATE, 1)}
    for format in ("pcm", "wav"):
        own, played = b64decode(expected["audio"]), b64decode(found[format]["pcm"])
        assert played.startswith(own)
        assert set(played[len(own) :]) <= {0}
    for each in found.values():
        assert expected["duration"] <= seconds(each["pcm"]) < expected["duration"] + PADDING_S


def test_livekit_and_errors(evi: Evi) -> None:
    """It tells what an error line says; of a refusal it tells the status alone."""
    client = speaker(LIVEKIT)
    evi.faults.add("http", "error_line", error="zero_credits", after=1, times=1)
    shown, refused = client.run_all(
        [
            task(evi, text=TEXT, options={"audio_format": "pcm"}),
            task(evi, text=TEXT, options={"model_version": "2", "description": "sad"}),
        ]
    )
    assert shown["cause_type"] == "APIError"
    assert "Exhausted credit balance" in shown["cause"]
    assert refused["cause_type"] == "ClientResponseError"
    assert "400" in refused["cause"]
    assert "description" not in refused["cause"]
    assert "description" in evi.journal.entries("http")[-1]["response"]  # where the reason is


# pipecat


def since_first(times: Sequence[float]) -> list[float]:
    return [each - times[0] for each in times]


def test_pipecat_says_two_sentences_with_their_words(evi: Evi) -> None:
    """Its sound is the API's own, and each word comes when it is heard."""
    said = [TEXT, "Fine."]
    [found] = speaker(PIPECAT).run_all([task(evi, texts=said, options={"voice": AVA})])
    assert found["errors"] == []
    assert sent(evi) == [("/v0/tts/stream/json", 200)] * 2
    assert [finding["code"] for finding in evi.contract.findings] == []
    wanted = {"version": "2", "format": {"type": "pcm"}, "include_timestamp_types": ["word"]}
    generations = [spoken(evi, text, AVA, **wanted) for text in said]
    assert b64decode(found["pcm"]) == b"".join(b64decode(each["audio"]) for each in generations)
    assert found["rate"] == RATE
    assert [text for text, _ in found["words"]] == ["Hello", "there", "How", "are", "you", "Fine"]
    stamps = [stamp for snippet in generations[0]["snippets"][0] for stamp in snippet["timestamps"]]
    heard = since_first([stamp["time"]["begin"] / 1000 for stamp in stamps])
    shown = since_first([ns / 1e9 for _, ns in found["words"]])
    assert shown[: len(heard)] == pytest.approx(heard, abs=0.001)


def test_pipecat_with_a_description(evi: Evi) -> None:
    """It asks for version 1, and for timestamps all the same, which are none then."""
    options = {"voice": AVA, "description": "kindly", "speed": 1.5, "temperature": 0.5}
    [found] = speaker(PIPECAT).run_all([task(evi, texts=[TEXT], options=options)])
    assert (found["errors"], sent(evi)) == ([], [("/v0/tts/stream/json", 200)])
    assert 0.5 < seconds(found["pcm"]) < spoken(evi, TEXT, AVA)["duration"]
    assert [finding["code"] for finding in evi.contract.findings] == ["timestamps_ignored"]


def test_pipecat_is_silent_where_the_stream_has_an_error(evi: Evi) -> None:
    """Hume's client, which it uses, drops the line, so all that it knows is that nothing came."""
    evi.faults.add("http", "error_line", error="zero_credits")
    [found] = speaker(PIPECAT).run_all([task(evi, texts=[TEXT], options={"voice": AVA})])
    assert found["pcm"] == ""
    [error] = found["errors"]
    assert "completed with no audio" in error
    assert sent(evi) == [("/v0/tts/stream/json", 200)]


# Vercel's AI SDK


def test_ai_sdk_says_a_sentence_in_each_format(evi: Evi) -> None:
    """The file is the API's own; a format that it does not know becomes MP3, with a warning."""
    wav, mp3, other = speaker(AI_SDK).run_all(
        [
            task(evi, options={"text": TEXT, "outputFormat": "wav"}),
            task(evi, options={"text": TEXT, "speed": 1.5, "instructions": "kindly"}),
            task(evi, options={"text": TEXT, "outputFormat": "flac", "language": "en"}),
        ]
    )
    assert sent(evi) == [("/v0/tts/file", 200)] * 3
    assert [finding["code"] for finding in evi.contract.findings] == []
    expected = spoken(evi, TEXT, COLTON, format={"type": "wav"})
    assert (wav["audio"], wav["mediaType"]) == (expected["audio"], "audio/wav")
    with wave.open(io.BytesIO(b64decode(wav["audio"]))) as file:
        assert file.getnframes() / file.getframerate() == expected["duration"]
    assert (mp3["mediaType"], len(other["warnings"])) == ("audio/mpeg", 2)
    assert b64decode(other["audio"])[:2] == b64decode(mp3["audio"])[:2] == b"\xff\xfb"


def test_ai_sdk_hides_why_it_was_refused(evi: Evi) -> None:
    """It expects another shape, so its message is the status; the reason is in the body."""
    [found] = speaker(AI_SDK).run_all([task(evi, options={"text": TEXT, "voice": "Nobody"})])
    assert (found["error"], found["status"]) == ("Bad Request", 400)
    assert "Nobody" in found["body"]
