"""What people have reported of clients of text-to-speech: each goes wrong here as it does there."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hume import AsyncHumeClient, HumeClient
from hume.core.api_error import ApiError
from hume.tts import PublishTts
from pydantic import ValidationError
from websockets.sync.client import ClientConnection, connect

from emulator.resources import bundled, read_data
from emulator.testing.world import Evi
from tests.apis.tts.speaking import AVA
from tests.contract.calls import async_client, sync_client
from tests.contract.test_chat_typescript import Node, why_not
from tests.testing.talking import http

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore:websockets.exceptions.InvalidStatusCode is deprecated:DeprecationWarning",
        "ignore:websockets.legacy is deprecated:DeprecationWarning",
    ),
]

Json = dict[str, Any]
STREAM = "/v0/tts/stream/json"
RATE = 48_000
BYTES = 2  # of a sample


@pytest.fixture(params=[sync_client, async_client], ids=["HumeClient", "AsyncHumeClient"])
def hume(request: pytest.FixtureRequest, evi: Evi) -> Iterator[HumeClient]:
    """Either of Hume's clients, with the world's key."""
    with request.param(evi.url, evi.api_key) as client:
        yield client


def one(text: str, **more: Any) -> list[Json]:
    return [{"text": text, "voice": AVA, **more}]


def post(evi: Evi, path: str = STREAM, **body: Any) -> httpx.Response:
    with http(evi) as client:
        return client.post(path, json=body)


def objects(answer: httpx.Response) -> list[Json]:
    """The objects of a stream, read as most clients do."""
    *lines, rest = answer.text.split("\n")
    assert rest == ""
    return [json.loads(line) for line in lines]


def open_socket(evi: Evi, **query: str) -> ClientConnection:
    address = f"ws{evi.url.removeprefix('http')}/v0/tts/stream/input"
    url = httpx.URL(address, params={"api_key": evi.api_key, "format_type": "pcm", **query})
    return connect(str(url), proxy=None, max_queue=None)


# streams


def test_an_error_in_a_stream_is_silence_to_hume_for_python(evi: Evi, hume: HumeClient) -> None:
    """It drops a line that is neither audio nor timestamp: no sound, no exception.

    HumeAI/hume-python-sdk issue 290.
    """
    evi.faults.add("http", "error_line", error="zero_credits", times=1)
    assert list(hume.tts.synthesize_json_streaming(utterances=one("Hi."))) == []
    [entry] = evi.journal.entries("http")
    assert entry["status"] == 200
    told = json.loads(entry["response"])
    request_id = told.pop("request_id")
    assert request_id
    assert told == {
        "type": "error",
        "code": "E0300",
        "slug": "zero_credits",
        "message": (
            "Exhausted credit balance. Visit platform.hume.ai/billing to manage your account."
        ),
    }


def test_an_error_amid_a_stream_cuts_the_speech_short(evi: Evi, hume: HumeClient) -> None:
    """What came before is heard, and the rest is missing without a word.

    HumeAI/hume-python-sdk issue 290.
    """
    evi.faults.add("http", "error_line", error="zero_credits", after=1, times=1)
    utterances: Any = one("One. Two. Three.")
    heard = [each.text for each in hume.tts.synthesize_json_streaming(utterances=utterances)]
    assert heard == ["One. "]


@pytest.mark.process
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_an_error_in_a_stream_is_no_message_to_hume_for_typescript(evi: Evi) -> None:
    """It throws an error that lists the fields of audio, and says nothing of credits."""
    evi.faults.add("http", "error_line", error="zero_credits", times=1)
    node = Node("call.mjs")
    try:
        told = node.ask(
            url=evi.url,
            apiKey=evi.api_key,
            method="tts.synthesizeJsonStreaming",
            path=[],
            rest={"utterances": one("Hi.")},
            pager=None,
            answers="lines",
        )
    finally:
        node.close()
    assert told["error"] == "ParseError"
    assert 'Expected "audio". Received "error"' in told["body"]
    assert "credit" not in told["body"]


def test_a_stream_has_something_usable_in_it(evi: Evi, hume: HumeClient) -> None:
    """Each object is of the type that the client names, with sound in it.

    HumeAI/hume-python-sdk issue 354.
    """
    utterances: Any = one("One. Two. Three.")
    found = list(hume.tts.synthesize_json_streaming(utterances=utterances, format={"type": "pcm"}))
    assert {type(each).__name__ for each in found} == {"SnippetAudioChunk"}
    assert all(b64decode(each.audio) for each in found)


def test_a_client_that_ends_at_the_first_last_chunk_loses_snippets(evi: Evi) -> None:
    """`is_last_chunk` is of a snippet; only the end of the answer is that of the speech.

    TEN-framework's extension does so.
    """
    text = "One. Two. Three."
    found = objects(post(evi, utterances=one(text)))
    first = next(place for place, each in enumerate(found) if each["is_last_chunk"])
    assert {each["text"] for each in found[: first + 1]} == {"One. "}
    whole = [each["text"] for each in found if each["is_last_chunk"]]
    assert "".join(whole) == text


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c"], ids=ascii)
def test_a_line_separator_in_a_text_loses_no_chunk(
    evi: Evi, hume: HumeClient, separator: str
) -> None:
    """The Python client splits lines at all of these, so the emulator escapes them."""
    text = f"One{separator}two."
    utterances: Any = one(text)
    [found] = hume.tts.synthesize_json_streaming(
        utterances=utterances,
        version="2",
        include_timestamp_types=[],
        format={"type": "pcm"},
    )
    assert found.text == text
    assert post(evi, utterances=one(text)).text.isascii()


def test_a_stream_ends_with_a_newline(evi: Evi) -> None:
    """Clients drop what comes after the last one, and stop at a blank line."""
    text = post(evi, utterances=one("One. Two.")).text
    assert text.endswith("}\n")
    assert "\n\n" not in text
    assert "data:" not in text


def test_samples_that_are_read_at_another_rate_take_another_time(evi: Evi) -> None:
    """They are of 48 kHz: at 44.1 kHz speech is too long and too low, at 24 kHz twice as long.

    A Unity sample and a voice framework did so.
    """
    answer = post(evi, "/v0/tts", utterances=one("One. Two."), format={"type": "pcm"}).json()
    [found] = answer["generations"]
    samples = len(b64decode(found["audio"])) / BYTES
    assert found["encoding"]["sample_rate"] == RATE
    assert samples / RATE == found["duration"]
    assert samples / 44_100 > found["duration"] * 1.08
    assert samples / 24_000 == found["duration"] * 2


# requests


def test_a_description_with_version_2_gives_no_audio(evi: Evi, hume: HumeClient) -> None:
    """It is refused, and told why; version 1 takes it.

    pipecat-ai/pipecat issue 2909.
    """
    utterances: Any = one("Hi.", description="sad")
    with pytest.raises(ApiError) as caught:
        list(hume.tts.synthesize_json_streaming(utterances=utterances, version="2"))
    assert (caught.value.status_code, caught.value.body["details"]["slug"]) == (
        400,
        "description_unsupported",
    )
    assert list(hume.tts.synthesize_json_streaming(utterances=utterances, version="1"))


def test_a_voice_of_version_2_with_version_1_is_refused(evi: Evi, hume: HumeClient) -> None:
    """A client that always names version 1 cannot speak in it, and is told why."""
    voices = read_data(bundled("fixtures/voices.yaml"))
    newer = next(each for each in voices if each.get("compatible_octave_models") == ["2"])
    utterances: Any = [{"text": "Hi.", "voice": {"id": newer["id"]}}]
    with pytest.raises(ApiError) as caught:
        hume.tts.synthesize_json(utterances=utterances, version="1")
    assert (caught.value.status_code, caught.value.body["details"]["slug"]) == (
        400,
        "voice_incompatible",
    )
    assert hume.tts.synthesize_json(utterances=utterances, version="2").generations


def test_timestamps_asked_for_in_camel_case_do_not_come(evi: Evi) -> None:
    """The service ignores what it does not know; the contract names the right key.

    HumeAI/hume-typescript-sdk issue 610.
    """
    answer = post(evi, utterances=one("Hi."), version="2", includeTimestampTypes=["word"])
    assert {each["type"] for each in objects(answer)} == {"audio"}
    [finding] = evi.contract.findings
    assert finding["code"] == "field_unknown"
    assert "include_timestamp_types" in finding["hint"]


def test_an_error_line_says_error_where_an_agent_looks(evi: Evi) -> None:
    """livekit's plugin shows the message of an object whose type is exactly "error".

    livekit/agents pull request 2982; tests/clients/test_speech.py runs the plugin.
    """
    evi.faults.add("http", "error_line", error="zero_credits", after=1, times=1)
    *_, last = objects(post(evi, utterances=one("One. Two.")))
    assert (last["type"], last["slug"]) == ("error", "zero_credits")
    assert "credit" in last["message"]


# the socket


def test_a_frame_without_a_type_says_that_credits_are_used_up(evi: Evi) -> None:
    """A client that looks at `type` alone takes it for nothing.

    coval-ai/benchmarks did so for days.
    """
    evi.faults.add("socket", "error", error="zero_credits", times=1)
    with open_socket(evi, no_binary="true") as socket:
        socket.send(json.dumps({"text": "Hi.", "flush": True}))
        frames = [json.loads(frame) for frame in socket]
        code = socket.close_code
    error = frames[-1]
    assert "type" not in error
    assert (error["status_code"], error["details"]["code"]) == (400, "E0300")
    assert (error["details"]["slug"], code) == ("zero_credits", 1000)


def test_an_error_frame_ends_the_loop_of_hume_for_python(evi: Evi) -> None:
    """It is no message to the client: the loop raises, though the socket goes on."""

    async def speak() -> None:
        hume = AsyncHumeClient(base_url=evi.url, api_key=evi.api_key)
        async with hume.tts.stream_input.connect(no_binary=True) as socket:
            await socket.send_publish(PublishTts.model_validate({"text": "Hi.", "speed": 9}))
            with pytest.raises(ValidationError):
                async for _ in socket:
                    pass

    asyncio.run(speak())
    assert "speech_refused" in [each["code"] for each in evi.contract.findings]


def test_texts_without_a_space_become_one_word(evi: Evi) -> None:
    """They are joined as they are.

    Hume's example for TypeScript sends "Hello" and "world.".
    """
    with open_socket(evi, no_binary="true") as socket:
        for text in ("Hello", "world."):
            socket.send(json.dumps({"text": text}))
        socket.send(json.dumps({"close": True}))
        said = {json.loads(frame)["text"] for frame in socket}
    assert said == {"Helloworld."}
    assert evi.tts.expect("Helloworld.")


def test_an_agent_streams_its_text_through_the_socket(evi: Evi) -> None:
    """Its parameters are taken, each piece is spoken at once, and a close ends it with 1000.

    livekit/agents pull request 5708 asks for these.
    """
    earlier = post(evi, "/v0/tts", utterances=[{"text": "Ahoy.", "description": "A pirate"}]).json()
    query = {
        "format_type": "wav",
        "instant_mode": "true",
        "version": "1",
        "context_generation_id": earlier["generations"][0]["generation_id"],
        "no_binary": "true",
        "strip_headers": "true",
    }
    with open_socket(evi, **query) as socket:
        for text in ("One. ", "Two."):
            socket.send(json.dumps({"text": text, "flush": True}))
        socket.send(json.dumps({"close": True}))
        frames = [json.loads(frame) for frame in socket]
        code = socket.close_code
    assert code == 1000
    assert {each["text"] for each in frames} == {"One. ", "Two."}
    assert {each["type"] for each in frames} == {"audio"}
    for text in ("One. ", "Two."):
        first, *rest = [b64decode(each["audio"])[:4] for each in frames if each["text"] == text]
        assert first == b"RIFF"
        assert b"RIFF" not in rest
