"""Whole calls: form, TwiML, a stream, turns, the end."""

from tests.twilio.calls import TestedCall, run
from tests.twilio.phone_server import PhoneServer, Stream

STREAM = '<Connect><Stream url="WS:/media"/></Connect>'


async def answering(stream: Stream) -> None:
    """Greet for half a second, then answer each turn for a second."""
    await stream.until("start")
    await stream.say(500, "greeting")
    while not stream.socket.closed:
        await stream.until_silence()
        if not stream.socket.closed:
            await stream.say(1000, f"answer {len(stream.of('mark'))}")


def test_a_conversation() -> None:
    """The caller waits for a greeting, speaks in turns, and hangs up after the last answer."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        url = server.twiml("/", STREAM)
        server.handlers["/media"] = answering
        record = await call.place(url, "Hello there", "How are you?")
        assert record.problems == ()
        assert record.status == "completed"
        assert [(line.who, line.text) for line in record.lines] == [
            ("answerer", "(speech of 0.5 s)"),
            ("caller", "Hello there"),
            ("answerer", "(speech of 1.0 s)"),
            ("caller", "How are you?"),
            ("answerer", "(speech of 1.0 s)"),
        ]
        assert [text for _, text in call.announced] == ["Hello there", "How are you?"]
        [stream] = server.streams
        assert [m["mark"]["name"] for m in stream.of("mark")] == [
            "greeting", "answer 1", "answer 2",
        ]  # fmt: skip
        assert stream.received[0]["event"] == "connected"
        assert stream.received[-1]["event"] == "stop"
        await stream.ended.wait()
        assert stream.close_code == 1000

    run(test)
