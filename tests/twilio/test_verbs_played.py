"""What the caller does about each verb."""

import pytest

from emulator.twilio.order import HangUp, Limits, Press, Say, Step, Wait
from tests.twilio.calls import TestedCall, run
from tests.twilio.phone_server import PhoneServer


def test_saying() -> None:
    """Lasts as long as the voice takes, as often as `loop` says."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Say loop="2">Hello <break/>there</Say>')
        record = await call.place("/")
        assert record.problems == ()
        first, second = record.lines
        assert (first.who, first.text) == ("twilio", "Hello there")
        assert first.until_ms - first.at_ms == 720
        assert (second.at_ms, second.text) == (first.until_ms, first.text)
        assert record.duration_ms == 1_440
        assert len(set(record.answerer_sound)) > 1
        assert set(record.caller_sound) == {0xFF}

    run(test)


@pytest.mark.parametrize(
    ("verbs", "lasts_ms", "problems"),
    [
        ("<Pause/>", 1_000, []),
        ('<Pause length="3"/>', 3_000, []),
        ("<Play>https://example.com/a.mp3</Play>", 1_000, []),
        ('<Play loop="0">a.mp3</Play>', 10_000, []),
        ("", 0, []),
        ("<Hangup/><Pause/>", 0, []),
        ('<Dial timeout="7">+1</Dial><Pause/>', 8_000, []),
        ("<Dial><Number>+1</Number></Dial>", 30_000, []),
        ("<Enqueue>support</Enqueue><Pause/>", 10_000, []),
        ("<Pause/><Reject/><Pause/>", 1_000, ["<Reject> refuses a call only as its first verb"]),
        ("<Say/>", 0, ["line 1: <Say> has no text"]),
        ("<Redirect/><Pause/>", 1_000, ["line 1: <Redirect> has no URL in it"]),
        (
            '<Pause length="2s"/>',
            1_000,
            ["line 1: length of <Pause> should be a whole number, got '2s'; 1 is taken"],
        ),
        ("<Pay/><Pause/>", 1_000, ["the caller does not play <Pay>"]),
        ("<Puase/><Pause/>", 1_000, ["no verb <Puase>; did you mean 'Pause'?"]),
        ("Hello<Pause/>", 1_000, ["a text outside of verbs, 'Hello'; use <Say>"]),
        ("<Dial><Nmber>+1</Nmber></Dial>", 30_000, ["<Dial> has no <Nmber>; did you mean"]),
        ("<Connect/><Pause/>", 1_000, ["<Connect> is empty; it should have a <Stream>"]),
        ("<Connect><Room>a</Room></Connect>", 0, ["does not play <Room> in <Connect>"]),
    ],
)
def test_how_long_verbs_last(verbs: str, lasts_ms: int, problems: list[str]) -> None:
    """And what is wrong with some."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", verbs)
        record = await call.place("/")
        assert (record.status, record.duration_ms) == ("completed", lasts_ms)
        assert len(record.problems) == len(problems)
        for problem, words in zip(record.problems, problems, strict=True):
            assert words in problem

    run(test)


def test_rejecting() -> None:
    """The call is busy, and was never answered."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", "<Reject/>")
        record = await call.place("/")
        assert (record.status, record.duration_ms) == ("busy", 0)
        assert not call.of("answered")
        assert not record.is_fine

    run(test)


def test_dialling() -> None:
    """Nobody answers, and `action` is told."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Dial action="/after">+1</Dial><Say>never</Say>')
        server.twiml("/after", "<Hangup/>")
        record = await call.place("/")
        [posted] = server.of("/after")
        assert posted.fields["DialCallStatus"] == "no-answer"
        assert record.lines == ()

    run(test)


# Gather


@pytest.mark.parametrize(
    ("attributes", "steps", "fields"),
    [
        ('numDigits="1"', [Press("1")], {"Digits": "1"}),
        ("", [Press("12#")], {"Digits": "12"}),
        ("", [Press("12")], {"Digits": "12"}),
        ('finishOnKey="*"', [Press("1#*")], {"Digits": "1#"}),
        ('finishOnKey=""  numDigits="2"', [Press("#1")], {"Digits": "#1"}),
        ('numDigits="1"', [Wait(3_000), Press("1")], {"Digits": "1"}),
        ('input="speech"', [Say("sales")], {"SpeechResult": "sales", "Confidence": "0.9"}),
        ('input="dtmf speech"', [Say("sales")], {"SpeechResult": "sales", "Confidence": "0.9"}),
        ('input="dtmf speech"', [Press("1#")], {"Digits": "1"}),
        ('actionOnEmptyResult="true"', [], {"Digits": ""}),
        ('input="speech" actionOnEmptyResult="true"', [], {"SpeechResult": ""}),
    ],
)
def test_gathering(attributes: str, steps: list[Step], fields: dict[str, str]) -> None:
    """What the caller enters is posted to `action`; the verbs behind do not run."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        gather = f'<Gather action="got" {attributes}><Say>Enter.</Say></Gather>'
        server.twiml("/", gather, "<Say>never</Say>")
        server.twiml("/got", "<Say>Thanks.</Say>")
        record = await call.place("/", *steps)
        assert record.problems == ()
        [posted] = server.of("/got")
        assert {name: posted.fields.get(name) for name in fields} == fields
        assert {"Digits", "SpeechResult"} & posted.fields.keys() == {*fields} - {"Confidence"}
        texts = [line.text for line in record.lines if line.who == "twilio"]
        assert texts == ["Enter.", "Thanks."]

    run(test)


@pytest.mark.parametrize(
    ("attributes", "steps"),
    [
        ("", []),
        ("", [Say("sales")]),
        ('input="speech"', [Press("1")]),
    ],
)
def test_nothing_is_gathered(attributes: str, steps: list[Step]) -> None:
    """After the timeout, the next verb runs; a step that does not fit is kept."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", f'<Gather timeout="3" {attributes}/>', '<Gather input="dtmf speech"/>')
        record = await call.place("/", *steps, limits=Limits(documents=2))
        asked = server.posted[1:]
        if not steps:
            assert asked == []
            assert record.duration_ms == 8_000
        else:
            assert {"Digits", "SpeechResult"} & asked[0].fields.keys()

    run(test)


def test_too_many_keys() -> None:
    """Those that come too late are a problem."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Gather numDigits="1" action="/got"/>')
        server.twiml("/got", "<Hangup/>")
        record = await call.place("/", Press("123"))
        assert record.problems == (
            "line 1: <Gather> has taken '1'; the caller's keys '23' came too late for it",
        )
        assert [event.text for event in call.of("key")] == ["1"]

    run(test)


def test_hanging_up_instead() -> None:
    """The caller may hang up when asked."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", "<Gather/>", "<Say>never</Say>")
        record = await call.place("/", HangUp())
        assert (record.status, record.lines) == ("completed", ())

    run(test)


def test_what_a_gather_may_ask_for() -> None:
    """Another input is a problem."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Gather input="voice"/>')
        record = await call.place("/")
        assert "input of <Gather> should be dtmf, speech or both, got 'voice'" in record.problems[0]

    run(test)


# Record


def test_recording() -> None:
    """The caller's next text is recorded; `action` is told how long it is."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Record action="/done" timeout="2"/>')
        server.twiml("/done", "<Hangup/>")
        record = await call.place("/", "Please call me back")
        assert record.problems == ()
        [posted] = server.of("/done")
        assert posted.fields["RecordingDuration"] == "3"
        assert posted.fields["RecordingUrl"].endswith("/" + posted.fields["RecordingSid"])
        assert [text for _, text in call.announced] == ["Please call me back"]

    run(test)


def test_nothing_is_recorded() -> None:
    """Nobody is told, and the next verb runs."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Record action="/done" timeout="2"/>', "<Say>Nothing?</Say>")
        record = await call.place("/")
        assert server.of("/done") == []
        assert [line.text for line in record.lines] == ["Nothing?"]

    run(test)


def test_the_longest_recording() -> None:
    """Ends in the middle of what the caller says."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Record action="/done" maxLength="2"/>')
        server.twiml("/done", "<Hangup/>")
        await call.place("/", "word " * 100)
        assert server.of("/done")[0].fields["RecordingDuration"] == "2"

    run(test)


@pytest.mark.parametrize(
    "verb",
    [
        "<Redirect>http://[</Redirect>",
        "<Redirect>//[</Redirect>",
        '<Dial timeout="0" action="http://[">+1</Dial>',
    ],
)
def test_a_url_that_cannot_be_read(verb: str) -> None:
    """Is a problem of the call, as is one in the order."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", verb)
        record = await call.place("/")
        assert record.status == "failed"
        assert "can't be read: Invalid IPv6 URL" in record.problems[0]
        assert (await call.place("http://[")).problems[0].startswith("the URL 'http://['")

    run(test)


def test_callbacks_whose_url_cannot_be_read() -> None:
    """Are problems, too: those of a call and of a stream."""

    async def test(call: TestedCall, server: PhoneServer) -> None:
        server.twiml("/", '<Connect><Stream url="WS:/no" statusCallback="http://["/></Connect>')
        server.refuses_streams = 404
        record = await call.place("/", status_callback="//[")
        told = [problem for problem in record.problems if "Invalid IPv6 URL" in problem]
        events = {problem.split(":")[0] for problem in told}
        assert {f"the status callback {event}" for event in ("stream-error", "completed")} <= events

    run(test)
