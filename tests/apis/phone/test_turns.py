"""Speech through mu-law and 8 kHz: one turn, as long as it was. And what Twilio still plays."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.apis.phone.call import IncomingCall
from emulator.apis.phone.playing import Playing
from emulator.apis.phone.state import MOST_CALLS, PhoneState
from emulator.apis.phone.stream_peer import MediaStreamPeer
from emulator.audio.mulaw import SILENCE
from emulator.clock import ManualClock
from emulator.settings import Settings
from emulator.sockets.outbound import Outbound
from emulator.twilio.messages import FRAME_BYTES, FRAME_MS, Start, StreamWriter
from emulator.world.world import World
from emulator.world.worlds import Worlds
from tests.apis.phone.telephone import ACCOUNT_SID, CALL_SID, FORM, STREAM_SID, speech
from tests.served import SEEDS

PADDING_MS = 300  # of the turn detection of every config, before a turn


class Line:
    """A media stream without a socket, on a frozen clock that moves with the sound."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._writer = StreamWriter(Start(STREAM_SID, CALL_SID, ACCOUNT_SID))
        world.state(PhoneState).add(IncomingCall(FORM, None, world.clock.now_ms()))

        async def send(message: Any) -> None:
            """Send nothing."""

        outbound = Outbound(send, world, "media stream")
        self.peer = MediaStreamPeer(world, outbound, CALL_SID, lambda error: None)
        self._take(self._writer.connected())
        self._take(self._writer.start())

    def _take(self, message: Any) -> None:
        self.peer.receive_text(json.dumps(message).encode())

    def hear(self, sound: bytes) -> None:
        for begin in range(0, len(sound), FRAME_BYTES):
            self._take(self._writer.media(sound[begin : begin + FRAME_BYTES], 0))
            for _ in self._world.advancing(FRAME_MS, noted=False):
                """What is due has run."""

    def said(self) -> list[Any]:
        """The user's messages."""
        frames = (each.to_json() for each in self._world.journal.kept(0, kind="frame"))
        contents = (each.get("content") for each in frames)
        return [
            each
            for each in contents
            if isinstance(each, dict) and each.get("type") == "user_message"
        ]


@pytest.fixture
def line() -> Line:
    world = Worlds(SEEDS.load("empty", Settings()), Settings(random_seed=1)).get("a")
    world.freeze()
    return Line(world)


@pytest.mark.parametrize("text", ["A second of it", "Could you please tell me where my order is?"])
def test_speech_is_one_turn_of_its_length(line: Line, text: str) -> None:
    sound = speech(text)
    line.hear(bytes([SILENCE]) * 8_000)
    line.hear(sound)
    line.hear(bytes([SILENCE]) * 8_000)
    (message,) = line.said()
    lasted_ms = message["time"]["end"] - message["time"]["begin"] - PADDING_MS
    assert abs(lasted_ms - len(sound) // 8) <= FRAME_MS


def test_words_are_those_that_somebody_told(line: Line) -> None:
    state = line._world.state(PhoneState)
    assert state.add_words(CALL_SID, "Where is my order?")
    assert not state.add_words("CA0", "Nobody says this.")
    for _ in range(2):
        line.hear(speech("Where is my order?") + bytes([SILENCE]) * 8_000)
    first, second = line.said()
    assert first["message"]["content"] == "Where is my order?"
    assert second["message"]["content"].startswith("I have been speaking for")


def test_the_oldest_calls_are_forgotten() -> None:
    state = PhoneState()
    for number in range(MOST_CALLS + 2):
        state.add(IncomingCall({**FORM, "CallSid": f"CA{number}"}, None, number))
    assert len(state.calls) == MOST_CALLS
    assert list(state.calls)[0] == "CA2"


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "wait", "mark", "reach", "clear"]), st.integers(0, 2_000))
)


@given(STEPS)
def test_sound_lasts_until_it_is_played_or_cleared(steps: list[Step]) -> None:
    clock = ManualClock(1_000)
    playing = Playing(clock)
    left_ms, marks = 0, list[str]()
    for number, (step, ms) in enumerate(steps):
        match step:
            case "add":
                playing.add(bytes(ms * 8))
                left_ms += ms
            case "wait":
                clock.advance(ms)
                left_ms = max(0, left_ms - ms)
            case "mark":
                playing.expect(str(number))
                marks.append(str(number))
            case "reach" if marks:
                reached = ms % len(marks)
                playing.reached(marks[reached])
                del marks[: reached + 1]
            case "clear":
                playing.clear()
                left_ms = 0
        assert playing.lasts == (left_ms > 0)
        assert playing.is_on == (left_ms > 0 or bool(marks))
