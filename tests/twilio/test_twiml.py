"""TwiML is read as Twilio reads it, and nothing in it is expanded or fetched."""

import pytest
from twilio.twiml.voice_response import Connect, Gather, VoiceResponse

from emulator.twilio.twiml import LONGEST, TwimlProblem, check_media_type, read_twiml

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;">]>
<Response><Say>&lol1;</Say></Response>"""
FILE = b"""<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/hostname">]><Response><Say>&f;</Say></Response>"""


def test_what_twilios_library_writes() -> None:
    """Elements, attributes, texts and the lines on which they begin."""
    response = VoiceResponse()
    response.say("Hello & welcome", voice="alice")
    gather = Gather(input="dtmf speech", num_digits=1)
    gather.say("Press one.")
    response.append(gather)
    connect = Connect()
    stream = connect.stream(url="wss://example.com/media", name="call")
    stream.parameter(name="who", value="Zoë <z@example.com>")
    response.append(connect)
    root = read_twiml(response.to_xml().encode())
    say, gathered, connected = root.children
    assert (say.name, say.words, say.attributes) == ("Say", "Hello & welcome", {"voice": "alice"})
    assert gathered.attributes == {"input": "dtmf speech", "numDigits": "1"}
    assert gathered.words == "Press one."
    [of_stream] = connected.of("Stream")
    assert of_stream.attributes == {"url": "wss://example.com/media", "name": "call"}
    assert of_stream.children[0].attributes == {"name": "who", "value": "Zoë <z@example.com>"}


def test_lines_and_comments() -> None:
    """An element knows its line; comments and processing instructions are nothing."""
    root = read_twiml(
        b"\xef\xbb\xbf<Response>\n<!-- hello -->\n<?x y?>\n<Say>\n a\n b </Say>\n</Response>"
    )
    [say] = root.children
    assert (say.line, say.words) == (4, "a b")


def test_words_in_other_elements() -> None:
    """What SSML wraps is said, too."""
    root = read_twiml(b'<Response><Say>One <emphasis level="x">two</emphasis></Say></Response>')
    assert root.children[0].words == "One two"


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_encodings(encoding: str) -> None:
    """Those that a document declares."""
    text = f'<?xml version="1.0" encoding="{encoding}"?><Response><Say>Zoë</Say></Response>'
    assert read_twiml(text.encode(encoding)).words == "Zoë"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "the answer is empty; TwiML is at least <Response/>"),
        (b" \n ", "the answer is empty"),
        (b"Hello", "the answer is not XML: line 1, column 1: syntax error"),
        (b"<Response>\n  <Say>Hi</say>\n</Response>", "not XML: line 2, column 12: mismatched tag"),
        (b"<Response><Say>a & b</Say></Response>", "not well-formed"),
        (b"<Response><Redirect>x?a=1&b=2</Redirect></Response>", "not XML: line 1, column"),
        (b"<Response>", "no element found"),
        (b"<Response/><Response/>", "junk after document element"),
        (b"<response/>", "the outermost element should be <Response>, got <response>"),
        (b"<Say>Hi</Say>", "should be <Response>, got <Say>"),
        (BOMB, "line 2: TwiML has no <!DOCTYPE>"),
        (FILE, "line 1: TwiML has no <!DOCTYPE>"),
        (b"<Response>&nbsp;</Response>", "undefined entity"),
        (
            b'<?xml version="1.0" encoding="klingon"?><Response/>',
            "not XML: unknown encoding: klingon",
        ),
        (b"<Response>" + b"<a>" * 100, "more than 20 deep"),
        (b"<Response>" + b" " * LONGEST, f"a document has at most {LONGEST} bytes, got 65546"),
    ],
)
def test_a_problem(document: bytes, words: str) -> None:
    """It says what is wrong, and where."""
    with pytest.raises(TwimlProblem) as wrong:
        read_twiml(document)
    assert words in str(wrong.value)


@pytest.mark.parametrize("given", ["text/xml", "application/xml; charset=utf-8", "TEXT/HTML"])
def test_content_types(given: str) -> None:
    """Those that Twilio reads as TwiML."""
    check_media_type(given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "Content-Type should be text/xml, there is none"),
        ("application/json", "got 'application/json'; many frameworks wrap a text in JSON"),
        ("text/plain; charset=utf-8", "got 'text/plain'; Twilio would read the text aloud"),
        ("audio/mpeg", "got 'audio/mpeg'; Twilio would play the sound"),
        ("image/png", "got 'image/png'"),
    ],
)
def test_other_content_types(given: str, words: str) -> None:
    """They say what Twilio would do."""
    with pytest.raises(TwimlProblem) as wrong:
        check_media_type(given)
    assert words in str(wrong.value)
