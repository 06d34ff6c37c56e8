"""Properties of what is spoken, whatever the text and however it is asked for."""

import io
import json
from base64 import b64decode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.apis.tts.generation import new_generations
from emulator.apis.tts.lines import lines
from emulator.apis.tts.request import Source, read_request
from emulator.audio.timbre import SAMPLE_RATE
from emulator.world.world import World
from tests.apis.tts.speaking import AVA

pytestmark = pytest.mark.slow

av = pytest.importorskip("av")

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["Hello there.", "Wait... what?", "No! ", "3.5 miles", "مرحبا.", "你好。"]),
        st.text(max_size=40),
    ),
    min_size=1,
    max_size=4,
).map(" ".join)
UTTERANCES = st.lists(
    st.fixed_dictionaries(
        {"text": TEXTS},
        optional={
            "speed": st.floats(0.5, 2),
            "trailing_silence": st.floats(0, 1.5),
        },
    ),
    min_size=1,
    max_size=3,
)


def spoken(world: World, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects of the stream that answers a body."""
    request = read_request(Source(world, [], streams=True), body)
    generation, *_ = new_generations(world, request, None, "synthesize-json-streaming")
    return [
        json.loads(line)
        for _, text in lines(generation, request)
        for line in text.decode("ascii").splitlines()
    ]


def samples_of(format: str, audio: bytes) -> int:
    """How many samples a decoder finds in a file."""

    if format == "pcm":
        return len(audio) // 2
    with av.open(io.BytesIO(audio)) as file:
        return sum(frame.samples for frame in file.decode(audio=0))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    utterances=UTTERANCES,
    format=st.sampled_from(["mp3", "pcm", "wav"]),
    strips=st.booleans(),
    splits=st.booleans(),
)
def test_a_stream_fits_together(
    world: World, utterances: list[dict[str, Any]], format: str, strips: bool, splits: bool
) -> None:
    """Its sound lasts as long as is recorded, its words lie in it, its snippets are the text."""
    utterances[0]["voice"] = AVA
    objects = spoken(
        world,
        {
            "utterances": utterances,
            "format": {"type": format},
            "strip_headers": strips,
            "split_utterances": splits,
            "version": "2",
            "include_timestamp_types": ["word", "phoneme"],
        },
    )
    chunks = [each for each in objects if each["type"] == "audio"]
    audio = [b64decode(each["audio"]) for each in chunks]

    whole = b"".join(audio) if strips else None
    files = [whole] if whole is not None else audio
    found = sum(samples_of(format, each) for each in files)
    stated = sum(samples_of("pcm", each) for each in _pcm(world, utterances, splits))
    most_more = 0.07 * SAMPLE_RATE * len(files) if format == "mp3" else 0
    assert stated <= found <= stated + most_more

    snippets = [each for each in chunks if each["is_last_chunk"]]
    for index, utterance in enumerate(utterances):
        said = [each["text"] for each in snippets if each["utterance_index"] == index]
        assert "".join(said) == utterance["text"]
        assert splits or len(said) == 1

    times = [each["timestamp"]["time"] for each in objects if each["type"] == "timestamp"]
    words = [
        each["timestamp"]["time"]
        for each in objects
        if each["type"] == "timestamp" and each["timestamp"]["type"] == "word"
    ]
    assert all(
        0 <= each["begin"] <= each["end"] <= stated * 1000 / SAMPLE_RATE + 1 for each in times
    )
    assert all(one["end"] <= next["begin"] for one, next in zip(words, words[1:], strict=False))


def _pcm(world: World, utterances: list[dict[str, Any]], splits: bool) -> list[bytes]:
    """The chunks of the same request as PCM, which has a length that cannot be doubted."""
    body = {"utterances": utterances, "format": {"type": "pcm"}, "split_utterances": splits}
    objects = spoken(world, {**body, "version": "2"})
    return [b64decode(each["audio"]) for each in objects]
