"""Calls that a test places: to the emulator itself, on a frozen clock, so that nothing waits."""

import asyncio
import re
import wave
from pathlib import Path
from typing import Any

import pytest

from emulator.apis.phone.words import Sentence, with_words
from emulator.errors import UsageError
from emulator.handles.diagnosis import ExpectationFailed
from emulator.testing.emulator import Emulator
from emulator.testing.world import Evi
from emulator.twilio.record import CallRecord, TranscriptLine
from tests.apis.phone.telephone import wait_until_no_chat_is_live

HELP, ANSWER, THANKS = "I need help with my order.", "I will look into it.", "Thank you very much."


@pytest.fixture
def evi(evi: Evi) -> Evi:
    evi.clock.freeze()
    evi.script.on_user("order").say(ANSWER).say("It is on its way.")
    evi.script.on_anything().say("You are welcome.")
    return evi


def test_a_call_is_a_conversation(evi: Evi) -> None:
    call = evi.call(user=[HELP, THANKS])
    assert (call.status, call.problems) == ("completed", [])
    assert call.said == [HELP, THANKS]
    assert call.heard == [f"{ANSWER} It is on its way.", "You are welcome."]
    assert call.chat_id is not None
    chat = evi.chat(call.chat_id)
    assert [text for who, text in chat.messages if who == "user"] == [HELP, THANKS]
    assert chat.status == "USER_ENDED"


def test_who_says_what_and_when_is_in_the_transcript(evi: Evi) -> None:
    lines = evi.call(user=[HELP]).transcript().splitlines()
    assert [line.split()[2] for line in lines] == ["caller", "answerer"]
    assert re.fullmatch(rf" +2\.00 s  caller     {HELP}", lines[0])


def test_a_frozen_clock_moves_as_far_as_the_call_lasts(evi: Evi) -> None:
    begin_ms = evi.clock.now_ms
    call = evi.call(user=[HELP])
    assert 0 <= evi.clock.now_ms - begin_ms - call.duration_ms < 100
    assert evi.clock.mode == "manual"
    assert evi.journal.entries(kind="clock") == evi.journal.entries(kind="clock", action="freeze")


def test_a_call_repeats_with_a_random_seed(evi_server: Emulator) -> None:
    records = []
    for _ in range(2):
        evi = evi_server.world(random_seed=5)
        evi.clock.freeze()
        evi.script.on_anything().say(ANSWER)
        records.append(evi.call(user=[HELP, {"keys": "1#"}, THANKS]).record)
        evi.close()
    assert records[0].to_json() == records[1].to_json()
    assert records[0].answerer_sound == records[1].answerer_sound


def test_the_caller_presses_keys_and_interrupts(evi: Evi) -> None:
    evi.script.rules.clear()
    evi.script.on_turn(1).say("This is a very long answer, which nobody wants to hear to its end.")
    evi.script.on_anything().say("All right.")
    interruption = {"say": "Stop, please, I have found it in the meantime.", "interrupt": True}
    call = evi.call(user=[{"keys": "1"}, HELP, interruption])
    events = {event.kind for event in call.record.events}
    assert {"key", "clear"} <= events
    assert call.chat_id is not None
    types = [each["type"] for each in evi.chat(call.chat_id).events]
    assert "USER_INTERRUPTION" in types
    assert call.heard[-1] == "All right."


def test_both_sides_are_saved(evi: Evi, tmp_path: Path) -> None:
    call = evi.call(user=[HELP])
    call.save(tmp_path / "call.wav")
    with wave.open(str(tmp_path / "call.wav")) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 8_000)
        assert abs(sound.getnframes() / 8 - call.record.duration_ms) <= 40


def test_a_greeting_is_heard_first(evi: Evi) -> None:
    config = evi.client().empathic_voice.configs.create_config(
        evi_version="3",
        name="greets",
        event_messages={"on_new_chat": {"enabled": True, "text": "Order desk, good morning."}},
    )
    call = evi.call(user=[HELP], config_id=str(config.id))
    assert call.heard[0] == "Order desk, good morning."
    assert call.record.lines[0].who == "answerer"


def test_webhooks_tell_the_numbers(evi: Evi) -> None:
    receiver = evi.webhook_receiver()
    config = evi.client().empathic_voice.configs.create_config(
        evi_version="3",
        name="tells",
        webhooks=[{"url": receiver.url, "events": ["chat_ended"]}],
    )
    call = evi.call(config_id=str(config.id), from_number="+4791000001", user=["Hello there"])
    event = receiver.wait_for("chat_ended").event
    assert event["caller_number"] == "+4791000001"
    assert event["twilio_metadata"]["call_sid"] == call.call_sid
    assert event["end_reason"] == "USER_ENDED"


def test_a_production_url_leads_here(evi_server: Emulator) -> None:
    """The signature is made for the URL that Twilio would call."""
    evi = evi_server.world(map_url=f"https://line.example.com={evi_server.url}")
    evi.clock.freeze()
    evi.script.on_anything().say(ANSWER)
    own = evi.phone.url().removeprefix(evi.url)
    call = evi.call(f"https://line.example.com{own}", [HELP])
    assert call.heard == [ANSWER]
    evi.close()


@pytest.mark.parametrize("url", ["http://line.example.com/twiml", "http://169.254.169.254/latest"])
def test_plain_http_elsewhere_is_not_called(evi: Evi, url: str) -> None:
    call = evi.call(url, [HELP], check=False)
    assert call.status == "failed"
    assert "is for this machine and for the hosts that --call-hosts names" in call.problems[0]


def test_what_goes_wrong_fails_the_test(evi: Evi) -> None:
    with pytest.raises(ExpectationFailed) as failure:
        evi.call(user=[HELP], config_id="11111111-1111-4111-8111-111111111111")
    assert f"ended the call before the caller said {HELP!r}" in str(failure.value)
    call = evi.call(evi.url + "/v0/evi/twilio", [HELP], check=False)  # no key
    assert call.status == "failed"
    assert "401" in call.problems[0]


def test_wrong_orders_say_what_is_right(evi: Evi) -> None:
    with pytest.raises(UsageError, match="did you mean 'from_number'"):
        evi.call(user=[HELP], from_numbr="+1")
    with pytest.raises(UsageError, match=r"user\[0\]: a step has no 'sya'"):
        evi.call(user=[{"sya": "Hello"}])
    with pytest.raises(UsageError, match="method must be one of POST, GET, got 'PUT'"):
        evi.call(user=[HELP], method="PUT")
    with pytest.raises(UsageError, match="did you mean 'outbound-api'"):
        evi.call(user=[HELP], direction="outbound_api")
    with pytest.raises(UsageError, match="leave out url or config_id"):
        evi.call("http://localhost", config_id="x")


def test_faults_of_the_world_strike_a_call(evi: Evi) -> None:
    evi.faults.add("call", "hang_up")
    call = evi.call(user=[HELP, THANKS], check=False)
    assert call.said == [HELP]
    assert evi.journal.entries(kind="call", event="fault")[0]["text"] == "hang_up"
    assert evi.chats[-1].status == "USER_ENDED"


@pytest.mark.parametrize("fault", ["no_stream", "drop", "late", "loss"])
def test_a_broken_line_leaves_no_chat_open(evi: Evi, fault: str) -> None:
    evi.faults.add("call", fault, **({"at_ms": 3_000} if fault == "drop" else {}))
    call = evi.call(user=[HELP], check=False, patience="2s")
    assert [event.text for event in call.record.events if event.kind == "fault"] == [fault]
    wait_until_no_chat_is_live(evi)


def test_calls_at_once_have_a_chat_each(evi: Evi) -> None:
    async def several() -> list[Any]:
        return await asyncio.gather(*(evi.acall(user=[HELP]) for _ in range(5)))

    calls = asyncio.run(several())
    assert len({call.chat_id for call in calls}) == 5
    assert all(call.heard == [f"{ANSWER} It is on its way."] for call in calls)


def test_a_reset_ends_a_call(evi: Evi) -> None:
    async def call_and_reset() -> Any:
        call = asyncio.ensure_future(evi.acall(user=[HELP, {"wait": "60m"}], check=False))
        await evi.journal.await_for(kind="call", event="stream_started")
        await asyncio.to_thread(evi.reset)
        return await call

    assert asyncio.run(call_and_reset()).duration_ms < 60 * 60_000


@pytest.mark.evi(clock="manual")
def test_a_call_leaves_a_world_alone_that_was_reset(evi: Evi) -> None:
    begin_ms = evi.clock.now_ms

    async def call_and_reset() -> None:
        call = asyncio.ensure_future(evi.acall(user=[HELP, {"wait": "60m"}], check=False))
        await evi.journal.await_for(kind="call", event="answerer")
        await asyncio.to_thread(evi.reset)
        await call

    asyncio.run(call_and_reset())
    assert evi.clock.now_ms == begin_ms
    assert evi.journal.entries(kind="call") == []


def test_a_key_in_a_url_is_not_shown(evi: Evi) -> None:
    evi.call(user=[HELP])
    assert evi.api_key not in evi.timeline()
    assert evi.api_key not in str(evi.journal.entries(kind="call"))


def test_sentences_go_to_the_stretch_in_which_they_are_heard() -> None:
    lines = (
        TranscriptLine(0, 1_000, "answerer", "(speech of 1.0 s)"),
        TranscriptLine(1_500, 2_000, "caller", "Hello"),
        TranscriptLine(3_000, 5_000, "answerer", "(speech of 2.0 s)"),
        TranscriptLine(6_000, 7_000, "answerer", "(speech of 1.0 s)"),
    )
    record = CallRecord(
        call_sid="CA", from_number="+1", to_number="+2", status="completed", lines=lines
    )
    said = [Sentence(0, "Good morning."), Sentence(2_900, "One."), Sentence(3_100, "Two.")]
    texts = [line.text for line in with_words(record, said).lines]
    assert texts == ["Good morning.", "Hello", "One. Two.", "(speech of 1.0 s)"]
