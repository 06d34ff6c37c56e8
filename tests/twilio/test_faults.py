"""Faults of a call."""

from typing import Any

from emulator.faults.rules import FaultRule, Faults
from emulator.twilio.order import Press
from tests.twilio.calls import TestedCall, run
from tests.twilio.phone_server import PhoneServer, Stream
from tests.twilio.test_call import STREAM, answering


def rule(fault: str, **fields: Any) -> FaultRule:
    return Faults(1).add("call", fault, **fields)


async def silent(stream: Stream) -> None:
    await stream.rest()


def test_a_stream_that_never_starts() -> None:
    """It connects, and nothing comes."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = silent
        struck = rule("no_stream")
        record = await call.place("/", "Hello?", faults=[struck])
        [stream] = server.streams
        assert [message["event"] for message in stream.received] == ["connected"]
        assert record.problems == ("no answer to 'Hello?' in 10 s",)
        assert record.stream_sids == ()
        assert struck.used == 1
        assert [event.text for event in call.of("fault")] == ["no_stream"]

    run(test)


def test_a_stream_that_breaks() -> None:
    """Not before its time, without a close; the next verb runs."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        stream = STREAM.replace("/>", ' statusCallback="/events"/>')
        server.twiml("/", stream, "<Say>Sorry.</Say>")
        server.twiml("/events")
        server.handlers["/media"] = answering
        record = await call.place("/", *["Hello"] * 9, faults=[rule("drop", at_ms=3_000)])
        [ended] = call.of("stream_ended")
        assert ended.text == "a fault has broken its WebSocket"
        assert 3_000 <= ended.at_ms <= 3_040
        assert record.lines[-1].text == "Sorry."
        events = [each.fields["StreamEvent"] for each in server.of("/events")]
        assert events == ["stream-started", "stream-error", "stream-stopped"]
        await server.streams[0].ended.wait()
        assert server.streams[0].close_code == 1006

    run(test)


def test_media_that_is_lost() -> None:
    """Numbers go on, so that it can be noticed; the same in every run."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = answering
        record = await call.place("/", "Hello", faults=[rule("loss", share=0.25)])
        chunks = [int(message["media"]["chunk"]) for message in server.streams[0].of("media")]
        sent = record.duration_ms // 20
        assert 0.6 * sent < len(chunks) < 0.9 * sent
        assert max(chunks) > 0.95 * sent
        await call.place("/", "Hello", faults=[rule("loss", share=0.25)])
        again = [int(message["media"]["chunk"]) for message in server.streams[1].of("media")]
        both = min(len(chunks), len(again))
        assert again[:both] == chunks[:both]

    run(test)


def test_media_that_is_late() -> None:
    """It comes in bursts, all of it, with its own times."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = silent
        record = await call.place("/", faults=[rule("late", delay_ms=1_000)])
        [stream] = server.streams
        await stream.ended.wait()
        chunks = [int(message["media"]["chunk"]) for message in stream.of("media")]
        assert chunks == list(range(1, len(chunks) + 1))
        assert len(chunks) * 20 >= record.duration_ms - 40
        assert stream.received[-1]["event"] == "stop"

    run(test)


def test_messages_keep_their_order_when_they_are_late() -> None:
    """Marks and keys come behind the sound that is held back."""

    async def marking(stream: Stream) -> None:
        await stream.until("start")
        await stream.say(500, "said")
        await stream.rest()

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = marking
        await call.place("/", Press("12"), faults=[rule("late", delay_ms=1_000)])
        [stream] = server.streams
        await stream.ended.wait()
        assert len(stream.of("dtmf")) == 2
        assert len(stream.of("mark")) == 1
        numbers = [int(message["sequenceNumber"]) for message in stream.received[1:]]
        assert numbers == sorted(numbers)

    run(test)


def test_the_caller_hangs_up() -> None:
    """At a time, or in the middle of what is heard."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = answering
        record = await call.place("/", "Hello", faults=[rule("hang_up")])
        assert record.status == "completed"
        [line] = record.lines
        assert (line.who, line.until_ms - line.at_ms) == ("answerer", 400)
        record = await call.place("/", "Hello", faults=[rule("hang_up", at_ms=2_000)])
        assert 2_000 <= record.duration_ms <= 2_040

    run(test)


def test_which_calls() -> None:
    """A rule may name a call; each rule is drawn once in a call, however long it lasts."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Pause length="60"/>')
        sid = "CA" + "7" * 32
        other = rule("hang_up", call_sid="CA1", at_ms=0)
        record = await call.place("/", call_sid=sid, faults=[other])
        assert record.duration_ms == 60_000
        unlikely = rule("hang_up", at_ms=0, probability=1e-9)
        record = await call.place("/", call_sid=sid, faults=[unlikely])
        assert (record.duration_ms, unlikely.drawn) == (60_000, 1)
        mine = rule("hang_up", call_sid=sid, at_ms=500, times=1)
        record = await call.place("/", call_sid=sid, faults=[mine])
        assert record.duration_ms == 500
        record = await call.place("/", call_sid=sid, faults=[mine])
        assert record.duration_ms == 60_000

    run(test)
