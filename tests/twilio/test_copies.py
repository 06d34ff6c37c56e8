"""One-way streams: copies of the line that go on during later verbs."""

import base64

from emulator.twilio.messages import Clear
from tests.twilio.calls import TestedCall, run
from tests.twilio.phone_server import PhoneServer, Stream

SILENT = base64.b64encode(b"\xff" * 160).decode()


async def listening(stream: Stream) -> None:
    await stream.rest()


def loud(stream: Stream, track: str) -> int:
    """Return how many messages of a track have sound."""
    media = [message["media"] for message in stream.of("media")]
    return sum(each["track"] == track and each["payload"] != SILENT for each in media)


def test_a_copy_goes_on_during_later_verbs() -> None:
    """It hears the caller, who may speak during a pause; it ends with the call."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        start = '<Start><Stream url="WS:/copy" track="both_tracks"/></Start>'
        server.twiml("/", start, "<Say>Hello there.</Say>", '<Pause length="5"/>')
        server.handlers["/copy"] = listening
        record = await call.place("/", "I say this", "and that")
        assert record.problems == ()
        [stream] = server.streams
        await stream.ended.wait()
        assert stream.of("start")[0]["start"]["tracks"] == ["inbound", "outbound"]
        assert [line.text for line in record.lines] == ["Hello there.", "I say this", "and that"]
        assert loud(stream, "outbound") == 36  # of 0.72 s
        assert loud(stream, "inbound") == 63  # of 0.72 s and 0.54 s
        assert len(stream.of("media")) == 2 * record.duration_ms / 20
        media = [m["media"] for m in stream.of("media") if m["media"]["track"] == "inbound"]
        assert [each["chunk"] for each in media] == [str(n + 1) for n in range(len(media))]
        assert [each["timestamp"] for each in media] == [str(20 * n) for n in range(len(media))]
        assert stream.received[-1]["event"] == "stop"
        assert call.of("stream_ended")[0].text == "the call has ended"

    run(test)


def test_stopping() -> None:
    """By name; other copies go on."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml(
            "/",
            '<Start><Stream url="WS:/copy" name="a"/></Start>',
            '<Start><Stream url="WS:/copy" name="b" track="outbound_track"/></Start>',
            "<Pause/>",
            '<Stop><Stream name="a"/></Stop>',
            "<Pause/>",
            '<Stop><Stream name="c"/></Stop>',
        )
        server.handlers["/copy"] = listening
        record = await call.place("/")
        assert record.problems == ("line 1: no one-way stream has the name 'c'; running: 'b'",)
        lengths = {len(stream.of("media")): stream for stream in server.streams}
        assert sorted(lengths) == [50, 100]
        assert {m["media"]["track"] for m in lengths[100].of("media")} == {"outbound"}

    run(test)


def test_at_most_four() -> None:
    """And no two of one name."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        streams = [f'<Start><Stream url="WS:/copy" name="{n}"/></Start>' for n in "abbcde"]
        server.twiml("/", *streams)
        server.handlers["/copy"] = listening
        record = await call.place("/")
        assert record.problems == (
            "line 1: a stream has the name 'b' already",
            "line 1: a call has at most 4 one-way streams; this one is not started",
        )
        assert len(server.streams) == 4

    run(test)


def test_a_copy_cannot_answer() -> None:
    """A notice says so."""

    async def eager(stream: Stream) -> None:
        await stream.until("start")
        await stream.say(1_000)
        await stream.send(Clear())
        await stream.rest()

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Start><Stream url="WS:/copy"/></Start>', '<Pause length="2"/>')
        server.handlers["/copy"] = eager
        record = await call.place("/")
        assert "a one-way stream can't be answered; use <Connect> for that" in record.notices
        assert set(record.answerer_sound) == {0xFF}

    run(test)


def test_a_server_that_closes_its_copy() -> None:
    """The call goes on."""

    async def leaving(stream: Stream) -> None:
        await stream.until("media")

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Start><Stream url="WS:/copy"/></Start>', "<Say>Hello there.</Say>")
        server.handlers["/copy"] = leaving
        record = await call.place("/")
        assert record.problems == ()
        assert [line.text for line in record.lines] == ["Hello there."]
        assert call.of("stream_ended")[0].text == "the server closed it (1000)"

    run(test)


def test_a_copy_of_a_conversation() -> None:
    """Hears both sides of a two-way stream."""

    async def greeting(stream: Stream) -> None:
        await stream.until("start")
        await stream.say(500)
        await stream.until_silence()
        await stream.say(300)
        await stream.rest()

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml(
            "/",
            '<Start><Stream url="WS:/copy" track="both_tracks"/></Start>',
            '<Connect><Stream url="WS:/media"/></Connect>',
        )
        server.handlers |= {"/copy": listening, "/media": greeting}
        record = await call.place("/", "Hello there")
        assert record.problems == ()
        [copy] = [stream for stream in server.streams if stream.path == "/copy"]
        await copy.ended.wait()
        assert loud(copy, "outbound") == 40
        assert loud(copy, "inbound") == 36

    run(test)
