"""Status callbacks, of a call and of its streams."""

from emulator.twilio.order import HangUp
from tests.twilio.calls import TestedCall, run
from tests.twilio.phone_server import PhoneServer
from tests.twilio.test_call import STREAM, TOKEN, closing, is_signed


def with_callback(more: str = "") -> str:
    return STREAM.replace("/>", f' name="n" statusCallback="/events" {more}/>')


def test_the_events_of_a_call() -> None:
    """In order, signed, numbered from 0, with the duration at the end."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", "<Say>Hello there.</Say>")
        server.twiml("/status")
        record = await call.place("/", status_callback=f"{server.url}/status", auth_token=TOKEN)
        assert record.problems == ()
        posted = server.of("/status")
        statuses = [each.fields["CallStatus"] for each in posted]
        assert statuses == ["initiated", "ringing", "in-progress", "completed"]
        assert [each.fields["SequenceNumber"] for each in posted] == ["0", "1", "2", "3"]
        assert {each.fields["CallbackSource"] for each in posted} == {"call-progress-events"}
        assert posted[0].fields["Timestamp"] == "Thu, 28 May 2026 20:26:40 +0000"
        assert posted[3].fields["CallDuration"] == "1"
        assert {each.fields["CallSid"] for each in posted} == {record.call_sid}
        assert all(is_signed(each) for each in posted)
        names = [event.text for event in call.of("callback")]
        assert names == ["initiated", "ringing", "answered", "completed"]

    run(test)


def test_the_end_of_a_call_that_was_not_answered() -> None:
    """Has its status."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", "<Reject/>")
        server.twiml("/status")
        await call.place("/", status_callback=f"{server.url}/status")
        await call.place("/missing", status_callback=f"{server.url}/status")
        statuses = [each.fields["CallStatus"] for each in server.of("/status")]
        assert statuses == ["initiated", "ringing", "busy", "initiated", "ringing", "failed"]

    run(test)


def test_a_receiver_that_refuses() -> None:
    """Is a problem, and the call goes on."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", "<Pause/>")
        record = await call.place("/", status_callback=f"{server.url}/missing")
        assert record.status == "completed"
        assert record.problems[0].startswith("the status callback initiated: ")
        assert len(record.problems) == 4
        assert {event.data["status"] for event in call.of("callback")} == {404}

    run(test)


def test_the_events_of_a_stream() -> None:
    """Started and stopped, with the stream's SID and name."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", with_callback('statusCallbackMethod="POST"'))
        server.twiml("/events")
        server.handlers["/media"] = closing
        record = await call.place("/", HangUp(), auth_token=TOKEN)
        posted = server.of("/events")
        events = [each.fields["StreamEvent"] for each in posted]
        assert events == ["stream-started", "stream-stopped"]
        [sid] = record.stream_sids
        assert {each.fields["StreamSid"] for each in posted} == {sid}
        assert {each.fields["StreamName"] for each in posted} == {"n"}
        assert posted[0].fields.keys() == {
            "AccountSid",
            "CallSid",
            "StreamSid",
            "StreamName",
            "StreamEvent",
            "Timestamp",
        }
        assert all(is_signed(each) for each in posted)

    run(test)


def test_a_stream_that_is_refused() -> None:
    """Is an error; with GET, the form is in the URL."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", with_callback('statusCallbackMethod="GET"'))
        server.twiml("/events")
        server.refuses_streams = 500
        await call.place("/", auth_token=TOKEN)
        [posted] = server.of("/events")
        assert posted.method == "GET"
        assert "StreamEvent=stream-error" in posted.url
        assert "StreamError=it+has+answered+500" in posted.url
        assert is_signed(posted)

    run(test)
