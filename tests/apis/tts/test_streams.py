"""Streams of speech: what is made for a client that is slow, or gone, and how much is held."""

import asyncio
import json
import re
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import pytest

from emulator.api import Call
from emulator.apis.tts import conversion, lines, plan, speaking
from emulator.apis.tts.chunks import Chunk, encoded, encoded_in_base64
from emulator.apis.tts.generation import Generation, new_generations
from emulator.apis.tts.request import Source, SpeechRequest, read_request
from emulator.apis.tts.whole_answer import answer_pieces
from emulator.apis.voices.state import VoicesState
from emulator.audio.sound import Sound, Tones
from emulator.errors import ApiError
from emulator.jsontext import JsonObject
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from emulator.world.world import World
from tests.apis.tts.speaking import AVA
from tests.web.wire import Wire

pytestmark = pytest.mark.slow

FILE, LINES = "/v0/tts/stream/file", "/v0/tts/stream/json"
SENTENCE = "The quick brown fox jumps over the lazy dog, and then it sleeps. "
SECOND_BYTES = 96_000
LINE_BYTES = 4 * SECOND_BYTES // 3
PLAN_BYTES = 80_000  # what a text of 5,000 characters takes, for its snippets and for a tone
T = TypeVar("T")
Make = Callable[[Generation, SpeechRequest], Iterator[object]]


def body(characters: int, format: str = "pcm", **more: object) -> JsonObject:
    text = (SENTENCE * (characters // len(SENTENCE) + 1))[:characters]
    return {"utterances": [{"text": text, "voice": AVA, **more}], "format": {"type": format}}


@dataclass
class Made:
    """The chunks that were made of a generation, and whether the making was ended."""

    chunks: int = 0
    seconds: float = 0
    is_over: bool = False


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """What the emulator makes during the test."""
    counted = Made()

    def counting(make: Callable[[Generation, bool], Iterator[T]]) -> Callable[..., Iterator[T]]:
        def chunks(generation: Generation, as_one_file: bool) -> Iterator[T]:
            counted.seconds = generation.duration_s
            try:
                for chunk in make(generation, as_one_file):
                    counted.chunks += 1
                    yield chunk
            finally:
                counted.is_over = True

        return chunks

    monkeypatch.setattr(speaking, "encoded", counting(encoded))
    monkeypatch.setattr(lines, "encoded_in_base64", counting(encoded_in_base64))
    return counted


def has_stopped(evi: Evi, made: Made) -> int:
    """Return how many chunks were made, once no more are, though the server is awake."""
    before, turns = -1, 0
    with httpx.Client(base_url=evi.url, trust_env=False) as client:
        while before != made.chunks:
            before = made.chunks
            turns += 1
            assert turns < 1_000
            for _ in range(20):
                client.get("/_emulator/health").raise_for_status()
    return before


@pytest.mark.parametrize("path", [FILE, LINES])
def test_a_client_that_stops_reading(evi: Evi, made: Made, path: str) -> None:
    """No more is made than fits into the connection, until the client reads on."""
    wire = Wire(evi.url, evi.api_key).ask("POST", path, body(5_000)).read_until(b"200 OK")
    chunks = has_stopped(evi, made)
    assert 0 < chunks < made.seconds / 2
    assert not made.is_over
    wire.read()
    assert made.is_over
    assert len(wire.came) > made.seconds * SECOND_BYTES
    assert evi.journal.wait_for("http")["ended"] == "complete"


@pytest.mark.parametrize(
    ("spoken", "before_the_first"),
    [(body(5_000), 2), (body(5_000, speed=0.5), 77)],
    ids=["short", "perhaps too long"],
)
def test_what_is_planned_before_the_first_chunk(
    world: World, monkeypatch: pytest.MonkeyPatch, spoken: JsonObject, before_the_first: int
) -> None:
    """The rest of a text waits, unless it might be longer than the settings allow.

    The record has the length of the generation at the end.
    """
    planned: list[str] = []

    class Counting(Tones):
        def speak(self, text: str, *more: Any) -> Sound:
            planned.append(text)
            return super().speak(text, *more)

    monkeypatch.setattr(plan, "voice_of", lambda world: Counting())
    call = Call(world, world.settings, {}, spoken, "")
    generations = world.state(VoicesState).generations

    async def stream() -> None:
        reply = await speaking.synthesize_file_streaming(call)
        assert not isinstance(reply.body, bytes)
        size = len(await anext(reply.body))
        assert len(planned) <= before_the_first
        async for piece in reply.body:
            size += len(piece)
        assert generations.all()[-1]["samples"] == size // 2

    asyncio.run(stream())
    assert len(planned) == len(re.findall(r"[.]( |$)", spoken["utterances"][0]["text"])) + 1


def test_others_have_turns_while_many_utterances_are_read(world: World) -> None:
    """The request is refused in the end; the loop has gone round many times until then."""
    many: list[JsonObject] = [{"text": "a"}] * 30_000
    body = {"utterances": [{"text": "a", "voice": AVA}, *many]}
    call, turns = Call(world, world.settings, {}, body, ""), 0

    async def stream() -> None:
        nonlocal turns
        asked = asyncio.ensure_future(speaking.synthesize_file_streaming(call))
        while not asked.done():
            turns += 1
            await asyncio.sleep(0)
        with pytest.raises(ApiError, match="--max-generation-seconds"):
            await asked

    asyncio.run(stream())
    assert turns > 5


@pytest.mark.parametrize("path", [FILE, LINES])
def test_a_client_that_goes(evi: Evi, made: Made, path: str) -> None:
    """Nothing more is made for it."""
    wire = Wire(evi.url, evi.api_key).ask("POST", path, body(5_000)).read_until(b"200 OK")
    has_stopped(evi, made)
    wire.socket.close()
    assert evi.journal.wait_for("http")["ended"] == "client_left"
    assert made.is_over
    assert made.chunks < made.seconds / 2


def whole_file(generation: Generation, request: SpeechRequest) -> Iterator[Chunk]:
    return encoded(generation, as_one_file=True)


def whole_answer(generation: Generation, request: SpeechRequest) -> Iterator[bytes]:
    return answer_pieces([generation], request)


def peak_bytes(world: World, make: Make, characters: int) -> int:
    """Return the most memory that was taken at once while an answer was planned and made."""
    tracemalloc.start()
    try:
        request = read_request(Source(world, [], streams=False), body(characters))
        generation, *_ = new_generations(world, request, "", "synthesize-json")
        for _ in make(generation, request):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("make", "chunk"),
    [
        (whole_file, SECOND_BYTES),
        (lines.lines, SECOND_BYTES + 2 * LINE_BYTES),  # its sound, that in base64, the line
        (whole_answer, SECOND_BYTES + LINE_BYTES),
    ],
)
def test_no_more_than_two_chunks_are_held(world: World, make: Make, chunk: int) -> None:
    """Whatever the length of the text, of which only the plan grows."""
    peak_bytes(world, make, 1_000)  # what is kept for all
    short, long = peak_bytes(world, make, 1_000), peak_bytes(world, make, 5_000)
    assert short < 2 * chunk + PLAN_BYTES
    assert long - short < PLAN_BYTES


@pytest.mark.parametrize("path", [FILE, LINES])
def test_a_reset_while_speech_is_streamed(evi_server: Emulator, path: str) -> None:
    """The client sees that the answer has no end, and the emulator goes on."""
    evi = evi_server.world(clock="manual", pace="realtime")
    wire = Wire(evi.url, evi.api_key).ask("POST", path, body(1_000))
    evi.journal.wait_for(kind="clock", action="wait")
    evi.clock.advance(ms=300)
    wire.read_until(b"200 OK")
    evi.reset()
    wire.read()
    assert not wire.came.endswith(b"0\r\n\r\n")
    assert not wire.was_reset
    assert evi.journal.wait_for("http", path=path)["ended"] == "broken"


def test_a_reset_while_a_recording_is_read(evi: Evi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new state does not remember a conversion that was asked for before."""
    before = evi.tts.generations

    def reset(data: bytes, most_seconds: float) -> bytes:
        evi.reset()
        return bytes(50)

    monkeypatch.setattr(conversion, "loudness_of", reset)
    with httpx.Client(base_url=evi.url, trust_env=False) as client:
        client.headers["X-Hume-Api-Key"] = evi.api_key
        path, files = "/v0/tts/voice_conversion/file", {"audio": ("a.wav", b"sound")}
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(path, files=files, data={"voice": json.dumps(AVA)})
    assert evi.tts.generations == before
