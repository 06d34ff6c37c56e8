"""Whole calls: form, TwiML, a stream, turns, the end."""

import asyncio
import io
import wave

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, VoiceResponse

from emulator.audio.mulaw import RATE
from emulator.outgoing.http_client import HttpClient
from emulator.twilio.call import PlacedCall
from emulator.twilio.messages import FRAME_BYTES
from emulator.twilio.order import CallOrder, HangUp, Limits, Press, Say
from emulator.twilio.signature import SIGNATURE_HEADER
from emulator.twilio.wav import stereo_wav
from tests.twilio.calls import NOW_MS, TestedCall, run
from tests.twilio.phone_server import PhoneServer, Posted, Stream

STREAM = '<Connect><Stream url="WS:/media"/></Connect>'
TOKEN = "secret-of-the-test"


async def answering(stream: Stream) -> None:
    """Greet for half a second, then answer each turn for a second."""
    await stream.until("start")
    await stream.say(500, "greeting")
    while not stream.socket.closed:
        await stream.until_silence()
        if not stream.socket.closed:
            await stream.say(1000, f"answer {len(stream.of('mark'))}")


async def closing(stream: Stream) -> None:
    """Greet, and close once the greeting was heard."""
    await stream.until("start")
    await stream.say(500, "greeting")
    await stream.until("mark")


def is_signed(posted: Posted, url: str | None = None) -> bool:
    """True if Twilio's own library takes the request for Twilio's."""
    fields = dict(posted.fields) if posted.method == "POST" else {}
    signature = posted.headers[SIGNATURE_HEADER]
    return bool(RequestValidator(TOKEN).validate(url or posted.url, fields, signature))


# a conversation


def test_a_conversation() -> None:
    """The caller waits for a greeting, speaks in turns, and hangs up after the last answer."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        url = server.twiml("/", STREAM)
        server.handlers["/media"] = answering
        record = await call.place(url, "Hello there", "How are you?")
        assert record.problems == ()
        assert record.status == "completed"
        assert record.is_fine
        assert [(line.who, line.text) for line in record.lines] == [
            ("answerer", "(speech of 0.5 s)"),
            ("caller", "Hello there"),
            ("answerer", "(speech of 1.0 s)"),
            ("caller", "How are you?"),
            ("answerer", "(speech of 1.0 s)"),
        ]
        ends = [line.until_ms for line in record.lines]
        begins = [line.at_ms for line in record.lines]
        assert begins[1] - ends[0] == begins[3] - ends[2] == Limits().reaction_ms
        assert record.duration_ms - ends[4] == Limits().reaction_ms
        assert [text for _, text in call.announced] == ["Hello there", "How are you?"]
        assert {sid for sid, _ in call.announced} == {record.call_sid}
        [stream] = server.streams
        marks = [message["mark"]["name"] for message in stream.of("mark")]
        assert marks == ["greeting", "answer 1", "answer 2"]
        await stream.ended.wait()
        assert stream.close_code == 1000
        assert record.stream_sids == (stream.sid,)

    run(test)


def test_the_messages_of_a_stream() -> None:
    """connected, start, a media message for each 20 ms, stop; numbers without gaps."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM.replace("/>", '><Parameter name="a" value="b"/></Stream>'))
        server.handlers["/media"] = answering
        record = await call.place("/", "Hello there")
        [stream] = server.streams
        connected, start, *others = stream.received
        assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
        assert start["sequenceNumber"] == "1"
        assert start["start"]["callSid"] == record.call_sid
        assert start["start"]["customParameters"] == {"a": "b"}
        assert others[-1]["event"] == "stop"
        numbers = [int(message["sequenceNumber"]) for message in stream.received[1:]]
        assert numbers == list(range(1, len(numbers) + 1))
        media = [message["media"] for message in stream.of("media")]
        assert [each["chunk"] for each in media] == [str(n + 1) for n in range(len(media))]
        assert [each["timestamp"] for each in media] == [str(20 * n) for n in range(len(media))]
        assert {len(each["payload"]) for each in media} == {216}  # of 160 bytes
        assert len(media) * 20 == pytest.approx(record.duration_ms, abs=40)

    run(test)


def test_how_a_call_sounds() -> None:
    """Each side has its own channel, where and when it was heard."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = answering
        record = await call.place("/", "Hello there")
        with wave.open(io.BytesIO(stereo_wav(record.caller_sound, record.answerer_sound))) as file:
            assert file.getnframes() == len(record.caller_sound)
        sides = {"caller": record.caller_sound, "answerer": record.answerer_sound}
        for line in record.lines:
            begin, end = line.at_ms * RATE // 1000, line.until_ms * RATE // 1000
            for who, sound in sides.items():
                is_heard = len(set(sound[begin:end])) > 1 or set(sound[begin:end]) != {0xFF}
                assert is_heard == (who == line.who), (line, who)
        assert len(record.caller_sound) % FRAME_BYTES == 0

    run(test)


def test_the_server_ends_the_stream() -> None:
    """The next verb runs; the end of the document hangs up."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", "<Say>Hello.</Say>", STREAM, "<Say>Goodbye.</Say>")
        server.handlers["/media"] = closing
        record = await call.place("/", "never said")
        [problem] = record.problems
        assert problem.endswith("has ended the call before the caller said 'never said'")
        assert [(line.who, line.text) for line in record.lines] == [
            ("twilio", "Hello."),
            ("answerer", "(speech of 0.5 s)"),
            ("twilio", "Goodbye."),
        ]
        [ended] = call.of("stream_ended")
        assert ended.text == "the server closed it (1000)"
        assert "stop" not in {message["event"] for message in server.streams[0].received}

    run(test)


@pytest.mark.parametrize(
    ("code", "problems"),
    [
        (1000, []),
        (1001, []),
        (1005, []),
        (1011, ["the stream has broken off: the server closed it (1011)"]),
        (1006, ["the stream has broken off: the server closed it (1006)"]),
    ],
)
def test_how_a_server_closes(code: int, problems: list[str]) -> None:
    """A code that says that something is wrong is a problem, and so is no close at all."""

    async def close(stream: Stream) -> None:
        await stream.until("start")
        if code == 1006:
            stream.abort()
        elif code == 1005:
            await stream.close_without_code()
        else:
            await stream.socket.close(code=code)

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM.replace("/>", ' statusCallback="/events"/>'), "<Say>Bye.</Say>")
        server.twiml("/events")
        server.handlers["/media"] = close
        record = await call.place("/")
        assert list(record.problems) == problems
        assert call.of("stream_ended")[0].text == f"the server closed it ({code})"
        assert [line.text for line in record.lines] == ["Bye."]
        events = [each.fields["StreamEvent"] for each in server.of("/events")]
        assert events == [
            "stream-started",
            *(["stream-error"] if problems else []),
            "stream-stopped",
        ]

    run(test)


def test_what_is_not_heard_any_more() -> None:
    """A server that closes at once drops what it has said: a notice says so."""

    async def hasty(stream: Stream) -> None:
        await stream.until("start")
        await stream.say(3_000)

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = hasty
        record = await call.place("/")
        assert record.problems == ()
        assert any("s of sound that was not heard" in notice for notice in record.notices)

    run(test)


def test_an_interruption() -> None:
    """The caller cuts in as soon as the answer is heard; `clear` drops the rest and its marks."""

    async def long_winded(stream: Stream) -> None:
        await stream.until("start")
        await stream.say(200)
        await stream.until_silence()
        await stream.say(20_000, "story")
        await stream.until_silence()
        await stream.clear()
        await stream.until("mark")
        await stream.say(500)
        await stream.rest()

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = long_winded
        record = await call.place("/", "Tell me a story", Say("Stop", interrupt=True))
        assert record.problems == ()
        story, stop = record.lines[2], record.lines[3]
        assert (story.who, stop.text) == ("answerer", "Stop")
        assert story.at_ms == stop.at_ms
        assert story.until_ms < story.at_ms + 3_000
        [clear] = call.of("clear")
        assert clear.data["dropped_ms"] > 15_000
        assert record.lines[4].text == "(speech of 0.5 s)"

    run(test)


def test_no_answer() -> None:
    """Is a problem, after ten seconds."""

    async def mute(stream: Stream) -> None:
        await stream.rest()

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = mute
        record = await call.place("/", "Hello?")
        assert record.status == "completed"
        assert record.problems == ("no answer to 'Hello?' in 10 s",)
        assert not record.is_fine

    run(test)


def test_keys_in_a_stream() -> None:
    """Are messages of their own."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = answering
        record = await call.place("/", Press("1#"))
        assert [each["dtmf"]["digit"] for each in server.streams[0].of("dtmf")] == ["1", "#"]
        assert [event.text for event in call.of("key")] == ["1", "#"]
        assert record.problems == ()

    run(test)


# what a server sends


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "a message should be JSON: "),
        ("[]", "a message should be an object, got list"),
        (
            '{"event": "meda"}',
            "event should be one of media, mark, clear, got 'meda' (did you mean",
        ),
        ('{"event": "media", "media": {"payload": ""}}', "streamSid should be a text, got None"),
        ('{"event": "clear", "streamSid": "MZ1"}', "streamSid should be the stream's, 'MZ"),
    ],
)
def test_a_message_that_cannot_be_read(text: str, words: str) -> None:
    """Is a problem, and the call goes on."""

    async def confused(stream: Stream) -> None:
        await stream.until("start")
        await stream.socket.send_str(text)
        await stream.say(200)
        await stream.rest()

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = confused
        record = await call.place("/")
        [problem] = record.problems
        assert problem.startswith("a message of the stream can't be read: ")
        assert words in problem
        assert [line.who for line in record.lines] == ["answerer"]

    run(test)


def test_bytes_and_floods() -> None:
    """Bytes are a problem, and more sound than ten minutes, too."""

    async def confused(stream: Stream) -> None:
        await stream.until("start")
        await stream.socket.send_bytes(b"abc")
        for _ in range(11):
            await stream.say(60_000)
        await stream.clear()
        await stream.rest()

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = confused
        record = await call.place("/", limits=Limits(call_ms=5_000))
        assert "a message should be text, got bytes" in record.problems[0]
        assert "more than ten minutes of sound" in record.problems[1]

    run(test)


# requests


def test_the_form() -> None:
    """All fields, signed as Twilio does; the order's numbers and SID."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/voice", "<Redirect>/next?a=1&amp;b=%20c</Redirect>")
        server.twiml("/next", '<Redirect method="GET">more/x?q=1</Redirect>')
        server.twiml("/more/x", "<Say>Hi</Say>")
        sid = "CA" + "5" * 32
        record = await call.place(
            "/voice?config_id=1",
            call_sid=sid,
            from_number="+4930123456",
            to_number="+15005550006",
            auth_token=TOKEN,
        )
        assert record.problems == ()
        first, second, third = server.posted
        assert first.url == f"{server.url}/voice?config_id=1"
        assert first.fields["CallSid"] == record.call_sid == sid
        assert (first.fields["From"], first.fields["To"]) == ("+4930123456", "+15005550006")
        assert (first.fields["CallStatus"], second.fields["CallStatus"]) == (
            "ringing",
            "in-progress",
        )
        assert second.url == f"{server.url}/next?a=1&b=%20c"
        assert (third.method, third.fields) == ("GET", {})
        assert f"CallSid={sid}" in third.url
        assert third.url.startswith(f"{server.url}/more/x?q=1&")
        assert all(is_signed(posted) for posted in server.posted)

    run(test)


def test_signatures_are_of_the_url_before_it_is_mapped() -> None:
    """As the production server will check them: of the form's URL, and of the stream's."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        public = "https://voice.example.com"
        server.twiml("/", '<Connect><Stream url="wss://voice.example.com/media"/></Connect>')
        server.handlers["/media"] = closing
        call.map = lambda url: url.replace(public, server.url).replace(
            "wss://voice.example.com", server.ws_url
        )
        record = await call.place(f"{public}/?x=1", auth_token=TOKEN)
        assert record.problems == record.notices == ()
        assert is_signed(server.posted[0], f"{public}/?x=1")
        assert not is_signed(server.posted[0])
        signature = server.streams[0].headers[SIGNATURE_HEADER]
        validator = RequestValidator(TOKEN)
        assert validator.validate("wss://voice.example.com/media", {}, signature)

    run(test)


def test_plain_websockets_are_for_this_machine() -> None:
    """A notice says that Twilio wants wss; elsewhere they are a problem."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM, '<Connect><Stream url="ws://example.com/media"/></Connect>')
        server.handlers["/media"] = closing
        record = await call.place("/")
        [notice] = record.notices
        assert "only works here: Twilio wants wss://" in notice
        [problem] = record.problems
        assert "the URL 'ws://example.com/media' must begin with wss://" in problem

    run(test)


def test_a_stream_that_is_refused() -> None:
    """The status is told, and the next verb runs."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM, "<Say>Sorry.</Say>")
        server.refuses_streams = 403
        record = await call.place("/", "Hello")
        problem, unsaid = record.problems
        assert "before the caller said 'Hello'" in unsaid
        assert problem.endswith("/media was not opened: it has answered 403 instead of 101")
        assert [line.text for line in record.lines] == ["Sorry."]
        assert record.status == "completed"

    run(test)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (web.Response(status=500, text="oops\n no"), "has answered 500: oops no"),
        (web.Response(status=302, headers={"Location": "/x"}), "has answered 302, a redirect to"),
        (web.json_response("<Response/>"), "Content-Type should be text/xml, got 'application/"),
        (
            web.Response(text="<Response><Say></Response>", content_type="text/xml"),
            "has not answered TwiML: the answer is not XML: line 1, column 18: mismatched tag",
        ),
        (
            web.Response(text="<Response>" + " " * 100_000, content_type="text/xml"),
            "a document has at most 65536 bytes, got 65537",
        ),
        (web.Response(status=204), "Content-Type should be text/xml, there is none"),
    ],
)
def test_an_answer_that_is_no_twiml(answer: web.Response, words: str) -> None:
    """The call has failed, and says why."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.documents["/"] = answer
        record = await call.place("/", "Hello")
        assert (record.status, record.duration_ms) == ("failed", 0)
        [problem] = record.problems
        assert words in problem

    run(test)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/", "http://127.0.0.1:1/ can't be reached: ClientConnectorError"),
        ("http://example.com/", "the URL 'http://example.com/' must begin with https://"),
        ("ftp://127.0.0.1/", "TwiML comes from https:// or http://, got 'ftp://127.0.0.1/'"),
    ],
)
def test_urls_that_are_not_reached(url: str, words: str) -> None:
    """The call has failed, and says why."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        record = await call.place(url)
        assert record.status == "failed"
        assert words in record.problems[0]

    run(test)


def test_keys_in_urls_are_hidden() -> None:
    """From events, and from problems."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        record = await call.place("/x?api_key=s3cret-key-123")
        assert "s3cret" not in str(record.events) + str(record.to_json())
        assert "s3cret-key-123" in server.posted[0].url

    run(test)


def test_a_circle_of_redirects() -> None:
    """Ends after 20 documents."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", "<Redirect>/</Redirect>")
        record = await call.place("/")
        assert record.status == "failed"
        assert "20 documents have led to another one" in record.problems[0]
        assert len(server.posted) == 20

    run(test)


def test_twiml_of_twilios_library() -> None:
    """A server that is written with it can be called."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        response, connect = VoiceResponse(), Connect()
        connect.stream(url=f"{server.ws_url}/media").parameter(name="a", value="b")
        response.append(connect)
        server.documents["/"] = response.to_xml()
        server.handlers["/media"] = answering
        record = await call.place("/", "Hello")
        assert record.problems == ()

    run(test)


# ends


def test_hanging_up() -> None:
    """By a step, in the middle of a stream."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", STREAM)
        server.handlers["/media"] = answering
        record = await call.place("/", HangUp(), "never said")
        assert record.status == "completed"
        assert [line.who for line in record.lines] == ["answerer"]
        assert server.streams[0].received[-1]["event"] == "stop"

    run(test)


def test_the_longest_call() -> None:
    """Is a limit of the order."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Pause length="100"/>')
        record = await call.place("/", limits=Limits(call_ms=60_000))
        assert record.duration_ms == pytest.approx(60_000, abs=1_000)
        assert record.problems == ("the call has lasted 60 s, the longest that is allowed",)

    run(test)


def test_hanging_up_from_outside() -> None:
    """Whoever placed the call can end it."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        url = server.twiml("/", STREAM)
        talking = asyncio.Event()

        async def handle(stream: Stream) -> None:
            await stream.until("start")
            await stream.until_silence()
            talking.set()
            await stream.rest()

        server.handlers["/media"] = handle
        client = HttpClient()
        placed = PlacedCall(CallOrder(url=url, steps=[Say("Hi")] * 50), call.services(client))
        task = asyncio.create_task(placed.run())
        await talking.wait()
        placed.hang_up()
        record = await task
        await client.close()
        assert record.call_sid == placed.call_sid
        assert record.status == "completed"
        assert server.streams[0].received[-1]["event"] == "stop"

    run(test)


def test_a_call_that_is_cancelled() -> None:
    """Closes its stream first."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        url = server.twiml("/", STREAM)
        talking = asyncio.Event()

        async def handle(stream: Stream) -> None:
            await stream.until("start")
            await stream.until_silence()
            talking.set()
            await stream.rest()

        server.handlers["/media"] = handle
        client = HttpClient()
        order = CallOrder(url=url, steps=[Say("Hi")] * 50)
        task = asyncio.create_task(PlacedCall(order, call.services(client)).run())
        await talking.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.streams[0].ended.wait()
        await client.close()
        assert server.streams[0].received[-1]["event"] == "stop"

    run(test)


def test_time_is_moved() -> None:
    """By exactly what has passed in the call."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Pause length="3600"/>')
        record = await call.place("/", limits=Limits(call_ms=4_000_000))
        assert record.duration_ms == 3_600_000
        assert call.clock.now_ms() == NOW_MS + 3_600_000

    run(test)
