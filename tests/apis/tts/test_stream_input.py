"""Tests of the socket: buffer and voices, refusals, the end, time, faults."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from tests.apis.tts.speaking import AVA, DEMO, NOBODY

KORA = {"name": "Kora", "provider": "HUME_AI"}
PATIENCE_S = 10


class Talk:
    """One connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def receive(self) -> Any:
        frame = self.socket.recv(timeout=PATIENCE_S)
        return frame if isinstance(frame, bytes) else json.loads(frame)

    def rest(self) -> list[Any]:
        """All that comes until the end."""
        frames = []
        try:
            while True:
                frames.append(self.receive())
        except ConnectionClosed:
            return frames

    @property
    def close_code(self) -> int | None:
        return self.socket.close_code


@contextmanager
def talking(evi: Evi, **query: str) -> Iterator[Talk]:
    address = f"ws{evi.url.removeprefix('http')}/v0/tts/stream/input"
    parameters = {"api_key": evi.api_key, "format_type": "pcm", "no_binary": "true", **query}
    url = str(httpx.URL(address, params=parameters))
    with connect(url, proxy=None, max_queue=None) as socket:
        yield Talk(socket)


def slugs(frames: list[Any]) -> list[str]:
    """The slugs of the errors among frames."""
    return [each["details"]["slug"] for each in frames if "details" in each]


def texts(frames: list[Any]) -> list[str]:
    """The texts of the snippets, each once."""
    return [each["text"] for each in frames if each.get("is_last_chunk")]


def voices(evi: Evi) -> list[Any]:
    """The names of the voices of what was said on sockets, in order."""
    said = [each for each in evi.tts.generations if each["operation"] == "stream-input"]
    return [each["voice"] and each["voice"]["name"] for each in said]


def test_text_waits_until_it_is_flushed(evi: Evi) -> None:
    """Each flush is a generation of its own; the request is one."""
    with talking(evi) as talk:
        talk.send(text="Hello ", voice=AVA)
        talk.send(text="there.")
        talk.send(flush=True)
        talk.send(text="Bye.", close=True)
        frames = talk.rest()
    assert texts(frames) == ["Hello there.", "Bye."]
    assert len({each["generation_id"] for each in frames}) == 2
    assert len({each["request_id"] for each in frames}) == 1
    assert talk.close_code == 1000


def test_an_empty_message_says_nothing(evi: Evi) -> None:
    """It is a message all the same; so is a flush without text."""
    with talking(evi) as talk:
        talk.send()
        talk.send(flush=True)
        talk.send(close=True)
        assert talk.rest() == []


def test_a_full_buffer_is_spoken(evi: Evi) -> None:
    """What ends with a sentence, without a flush; the rest is spoken at the end."""
    said = "A sentence of forty characters, or so it is. " * 8 + "The rest"
    with talking(evi) as talk:
        talk.send(text=said, voice=AVA)
        first = talk.receive()
        talk.send(close=True)
        frames = [first, *talk.rest()]
    assert (
        "".join(texts(frames)) == "A sentence of forty characters, or so it is. " * 8 + "The rest"
    )
    assert len({each["generation_id"] for each in frames}) == 2


def test_a_voice_stays(evi: Evi) -> None:
    """Until another is named, also after a flush."""
    with talking(evi) as talk:
        talk.send(text="One.", voice=AVA, flush=True)
        talk.send(text="Two.", flush=True)
        talk.send(text="Three.", voice=KORA, close=True)
        talk.rest()
    assert voices(evi) == ["Ava Song", "Ava Song", "Kora"]


def test_without_a_voice_it_keeps_the_one_that_it_found(evi: Evi) -> None:
    """Whatever the version, unlike other operations."""
    with talking(evi, version="2", instant_mode="True") as talk:
        talk.send(text="Hello.", flush=True)
        talk.send(text="Hello.", close=True)
        first, second = (each["audio"] for each in talk.rest() if each["is_last_chunk"])
    assert first == second
    assert voices(evi) == [None, None]


def test_a_context_is_continued(evi: Evi) -> None:
    """In its voice, which was designed here."""
    with talking(evi, context_generation_id=DEMO) as talk:
        talk.send(text="Once more.", close=True)
        talk.rest()
    assert evi.tts.expect("Once more.")["context_generation_id"] == DEMO


def test_an_unknown_context_ends_it(evi: Evi) -> None:
    """With an error that a client can read, and a normal close."""
    with talking(evi, context_generation_id=NOBODY) as talk:
        assert slugs(talk.rest()) == ["generation_not_found"]
    assert talk.close_code == 1000


def test_words_and_phonemes(evi: Evi) -> None:
    """Times count from the beginning of each generation."""
    with talking(evi, version="2", include_timestamp_types="word") as talk:
        talk.send(text="Hello there.", voice=AVA, flush=True)
        talk.send(text="Bye.", close=True)
        words = [each["timestamp"] for each in talk.rest() if each["type"] == "timestamp"]
    assert [each["text"] for each in words] == ["Hello", "there", "Bye"]
    assert words[2]["time"]["begin"] == words[0]["time"]["begin"]


def test_binary_frames(evi: Evi) -> None:
    """They hold the format's bytes and nothing else; the journal shows how many."""
    with talking(evi, no_binary="False") as talk:
        talk.send(text="Hello there.", voice=AVA, close=True)
        frames = talk.rest()
    assert b"".join(frames) == evi.tts.audio(evi.tts.expect("Hello there."), "pcm")
    shown = evi.journal.entries(kind="frame", direction="out")
    sizes = [each["content"]["bytes"] for each in shown if "content" in each]
    assert sizes == [len(each) for each in frames]


@pytest.mark.parametrize(
    ("message", "slug"),
    [
        ("{", "invalid_json"),
        ("[]", "payload_parse"),
        ('{"text": 1}', "payload_parse"),
        ('{"text": "a", "speed": 3.1}', "payload_parse"),
        ('{"text": "a", "voice": {}}', "payload_parse"),
        ('{"text": "a", "voice": {"name": "Nobody"}}', "voice_not_found"),
        (b"sound", "payload_parse"),
    ],
)
def test_what_is_refused_changes_nothing(evi: Evi, message: str | bytes, slug: str) -> None:
    """The error says why, and the socket stays open."""
    with talking(evi) as talk:
        talk.send(text="Hello.", voice=AVA)
        talk.socket.send(message)
        assert slugs([talk.receive()]) == [slug]
        talk.send(close=True)
        assert texts(talk.rest()) == ["Hello."]


def test_a_refused_message_closes_it_all_the_same(evi: Evi) -> None:
    """Its client would wait for nothing otherwise."""
    with talking(evi) as talk:
        talk.send(text="Hello.", voice={"name": "Nobody"}, close=True)
        assert slugs(talk.rest()) == ["voice_not_found"]
    assert talk.close_code == 1000


def test_a_refused_description_does_not_stay(evi: Evi) -> None:
    """What follows without one is spoken."""
    with talking(evi, version="2") as talk:
        talk.send(text="Hello.", voice=AVA, description="calm", flush=True)
        assert slugs([talk.receive()]) == ["description_unsupported"]
        talk.send(text="Hello.", voice=AVA, close=True)
        assert texts(talk.rest()) == ["Hello."]


@pytest.mark.parametrize("query", [{"format_type": "ogg"}, {"version": "3"}, {"no_binary": "?"}])
def test_a_bad_query_is_refused(evi: Evi, query: dict[str, str]) -> None:
    """Before the upgrade."""
    with pytest.raises(Exception, match="HTTP 422"), talking(evi, **query):
        pass


def test_an_idle_socket_is_closed(evi_server: Emulator) -> None:
    """After a minute of the world's time without a message."""
    evi = evi_server.world(clock="manual")
    with talking(evi) as talk:
        evi.clock.advance(seconds=59)
        talk.send(text="Hello.", voice=AVA, flush=True)
        assert talk.receive()["type"] == "audio"
        evi.clock.advance(seconds=59)
        talk.send()
        evi.journal.wait_for(kind="frame", direction="in", content={})
        evi.clock.advance(seconds=61)
        assert talk.rest() == []
    assert talk.close_code == 1000


def test_it_waits_for_a_frozen_clock(evi_server: Emulator) -> None:
    """Each chunk for its time, as the journal says; a reset ends it."""
    evi = evi_server.world(clock="manual", pace="realtime")
    with talking(evi) as talk:
        talk.send(
            text="A sentence of some length, so that it takes some time.", voice=AVA, flush=True
        )
        waits = evi.journal.wait_for(kind="clock", action="wait")
        assert waits["ms"] == 200
        evi.clock.advance(seconds=1.3)
        assert [talk.receive()["chunk_index"] for _ in range(2)] == [0, 1]
        evi.reset()
        assert talk.rest() == []


@pytest.mark.slow
def test_a_client_with_too_much_to_say_is_cut_off(evi_server: Emulator) -> None:
    """Its text waits while nothing can be spoken, and only so much of it."""
    evi = evi_server.world(clock="manual", pace="realtime")
    with talking(evi) as talk:
        with pytest.raises(ConnectionClosed):
            _flood(talk)
        assert talk.close_code != 1000


def _flood(talk: Talk) -> None:
    """Send a million characters, each message once the one before has come."""
    for _ in range(200):
        talk.send(text="x" * 5000, voice=AVA, flush=True)
        talk.socket.ping().wait(1)


def test_a_fault_strikes_a_binary_frame(evi: Evi) -> None:
    """Twice the same sound; and an error of the service's after it."""
    evi.faults.add("socket", "duplicate", type="audio", times=1)
    evi.faults.add("socket", "error", type="audio", error="zero_credits", times=1)
    with talking(evi, no_binary="false") as talk:
        talk.send(text="Hi.", voice=AVA, flush=True)
        first, second, error = talk.rest()
    assert first == second
    assert slugs([error]) == ["zero_credits"]
    assert talk.close_code == 1000
