"""A telephone's parts, in a browser: its sound, its playback, and rows of sound in the timeline."""

from array import array
from base64 import b64encode
from typing import Any

import pytest

from emulator.audio import mulaw
from emulator.audio.live_voices import USER_TONES
from tests.inspector.browsing import Inspector

SAMPLES = array("h", range(-32_768, 32_768))
RAMP = array("h", [at // 6 for at in range(4_800)])  # of 48 kHz: six samples each of 0, 1, 2, ...

ENCODED = """async ([samples, rate]) => {
  const { Encoder } = await import("/_emulator/inspector/mulaw.js");
  const pcm = new Int16Array(Uint8Array.from(atob(samples), (each) => each.charCodeAt(0)).buffer);
  const encoder = new Encoder(rate);
  const parts = [];
  const size = 1001; // cuts through what becomes one byte
  for (let at = 0; at < pcm.length; at += size)
    parts.push(encoder.encode(pcm.subarray(at, at + size)));
  return parts.flat();
}"""
DECODED = """async () => {
  const { decoded } = await import("/_emulator/inspector/mulaw.js");
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  return Array.from(decoded(bytes), (sample) => sample * 32768);
}"""
SPOKEN = """async (text) => (await import("/_emulator/inspector/mulaw.js")).tones(text).length"""

# What came back, in order, with the ms after the beginning; "cleared" stands between.
PLAYED = """async () => {
  const { Playback } = await import("/_emulator/inspector/playback.js");
  const events = [];
  const begin = performance.now();
  const back = {};
  const playback = new Playback((name) => {
    events.push([name, performance.now() - begin]);
    back[name]?.();
  });
  const until = (name) => new Promise((resolve) => (back[name] = resolve));
  playback.mark("at once");
  playback.add(60);
  playback.mark("first");
  playback.add(60);
  playback.mark("second");
  await until("second");
  playback.add(60_000);
  playback.mark("third");
  playback.mark("fourth");
  events.push(["cleared", performance.now() - begin]);
  playback.clear();
  playback.add(40);
  playback.mark("last");
  await until("last");
  return events;
}"""

ROWS = """async (entries) => {
  const { rowsOf } = await import("/_emulator/inspector/stretches.js");
  const { describe } = await import("/_emulator/inspector/describe.js");
  return rowsOf(entries).rows.map((each) => `${describe(each).title}: ${describe(each).note}`);
}"""


def test_mulaw_is_that_of_the_emulator(inspector: Inspector) -> None:
    page = inspector.open_nothing()
    given = b64encode(SAMPLES.tobytes()).decode()
    assert bytes(page.evaluate(ENCODED, [given, 8_000])) == mulaw.encode(SAMPLES.tobytes())
    assert page.evaluate(DECODED) == array("h", mulaw.decode(bytes(range(256)))).tolist()


def test_a_microphones_rate_becomes_that_of_the_line(inspector: Inspector) -> None:
    """Also where it is no multiple of 8 kHz: a second stays a second."""
    page = inspector.open_nothing()
    ramp = b64encode(RAMP.tobytes()).decode()
    expected = mulaw.from_pcm(RAMP.tobytes(), 48_000)
    assert bytes(page.evaluate(ENCODED, [ramp, 48_000])) == expected
    second = b64encode(bytes(2 * 44_100)).decode()
    assert len(page.evaluate(ENCODED, [second, 44_100])) == 8_000


@pytest.mark.parametrize("text", ["Hi", "Where is my order?", "Long. " * 1_000])
def test_typed_words_last_as_long_as_those_of_the_emulators_users(
    inspector: Inspector, text: str
) -> None:
    page = inspector.open_nothing()
    assert page.evaluate(SPOKEN, text) == USER_TONES.speech_ms(text) * 8


def test_marks_come_back_when_they_are_reached(inspector: Inspector) -> None:
    """In order, none before its sound was played; at once where the sound was cleared."""
    page = inspector.open_nothing()
    events = page.evaluate(PLAYED)
    names = ["at once", "first", "second", "cleared", "third", "fourth", "last"]
    assert [name for name, _ in events] == names
    at = dict(events)
    assert at["first"] >= 60
    assert at["second"] >= 120
    assert at["fourth"] - at["cleared"] < 1_000
    assert at["last"] - at["cleared"] >= 39


def frame(seq: int, direction: str, content: Any, chat_id: str = "a", **more: Any) -> Any:
    entry = {"seq": seq, "kind": "frame", "at_ms": seq * 1_000, "chat_id": chat_id}
    return {**entry, "direction": direction, "content": content, **more}


def heard(seq: int, count: int, chat_id: str = "a", type: str = "media") -> Any:
    run = {"first_seq": seq, "count": count, "bytes": count * 160}
    run |= {"first_ms": seq * 1_000, "last_ms": seq * 1_000 + count * 20}
    return frame(seq, "in", {"type": type, "bytes": run["bytes"]}, chat_id, run=run)


def played(seq: int, bytes: int) -> Any:
    media = {"payload": f"({bytes // 3 * 4} characters)"}
    return frame(seq, "out", {"event": "media", "media": media})


def test_a_stretch_of_sound_is_one_row(inspector: Inspector) -> None:
    """Of each side of each chat, until something else happens there."""
    page = inspector.open_nothing()
    entries = [
        heard(1, 50),
        played(2, 7_200),
        heard(3, 50),
        heard(4, 10, "b"),
        played(5, 2_400),
        frame(6, "in", {"event": "dtmf", "dtmf": {"digit": "5"}}),
        heard(7, 1),
        heard(8, 5, "b"),
    ]
    assert page.evaluate(ROWS, entries) == [
        "phone → sound: 2.0 s from the caller, 100 messages",
        "server → sound: 1.2 s to play, 2 messages",
        "phone → sound: 300 ms from the caller, 15 messages",
        "phone → key 5 pressed: ",
        "phone → sound: 20 ms from the caller, 1 message",
    ]


def test_sound_that_has_findings_keeps_its_row(inspector: Inspector) -> None:
    page = inspector.open_nothing()
    odd = [{**heard(seq, 5), "findings": [{"code": "x", "place": "/a"}]} for seq in (2, 3)]
    rows = page.evaluate(ROWS, [heard(1, 5), *odd, heard(4, 5), heard(5, 5, type="audio")])
    assert [row.split(": ")[1] for row in rows] == [
        "200 ms from the caller, 10 messages",
        "200 ms from the caller, 10 messages",
        "800 bytes in 0.1 s",
    ]


def test_answers_do_not_cut_what_the_client_sends(inspector: Inspector) -> None:
    """An open microphone is one row for each turn; what the assistant says is one for each text."""
    page = inspector.open_nothing()
    spoken = {"type": "audio_output", "data": "(1200 characters)"}
    interim = {"type": "user_message", "interim": True}
    messages = ["user_message", "assistant_message", spoken, spoken, "assistant_message", spoken]
    entries = [heard(1, 50, type="audio_input"), frame(2, "out", interim)]
    for seq, each in enumerate([*messages, "assistant_end"], 3):
        entries += [
            heard(2 * seq, 10, type="audio_input"),
            frame(2 * seq + 1, "out", {"type": each} if isinstance(each, str) else each),
        ]
    assert [row.partition(":")[0] for row in page.evaluate(ROWS, entries)] == [
        "client → audio_input × 60",
        "server → user_message",
        "server → user_message",
        "client → audio_input × 60",
        "server → assistant_message",
        "server → audio_output × 2",
        "server → assistant_message",
        "server → audio_output",
        "server → assistant_end",
    ]


@pytest.mark.parametrize(
    ("direction", "content", "expected"),
    [
        ("in", {"event": "start", "start": {"callSid": "CA1"}}, "phone → start"),
        ("in", {"event": "mark", "mark": {"name": "m"}}, "phone → played"),
        ("in", {"event": "stop"}, "phone → stop"),
        ("out", {"event": "mark", "mark": {"name": "m"}}, "server → mark m"),
        ("out", {"event": "clear"}, "server → clear"),
        ("in", {"event": "toString"}, "client → "),  # not one of Twilio's
        ("in", {"event": "dtmf"}, "phone → key undefined pressed"),
        ("in", {"event": "dtmf", "type": "x"}, "client → x"),
    ],
)
def test_each_message_of_a_stream_is_named(
    inspector: Inspector, direction: str, content: Any, expected: str
) -> None:
    page = inspector.open_nothing()
    (row,) = page.evaluate(ROWS, [frame(1, direction, content)])
    assert row.startswith(f"{expected}:")
