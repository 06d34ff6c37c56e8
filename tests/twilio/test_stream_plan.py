"""What a `<Stream>` asks for, and what Twilio would refuse."""

from typing import Literal

import pytest

from emulator.twilio.stream_plan import StreamPlan, read_stream
from emulator.twilio.twiml import read_twiml

URL = "https://example.com/calls/twiml"


def plan(
    xml: str, kind: Literal["Connect", "Start"] = "Connect"
) -> tuple[StreamPlan | None, list[str]]:
    told: list[str] = []
    [stream] = read_twiml(f"<Response>{xml}</Response>".encode()).children
    return read_stream(stream, URL, kind, told.append), told


def test_all_that_a_stream_has() -> None:
    """Its parameters, its tracks, and whom to tell, also by a relative URL."""
    found, told = plan(
        '<Stream url="wss://example.com/media" name="n" track="both_tracks" '
        'statusCallback="events?a=1" statusCallbackMethod="GET">'
        '<Parameter name="a" value="1"/><Parameter name="b" value="2"/></Stream>',
        "Start",
    )
    assert told == []
    assert found == StreamPlan(
        "wss://example.com/media",
        "n",
        {"a": "1", "b": "2"},
        ("inbound", "outbound"),
        "https://example.com/calls/events?a=1",
        "GET",
    )


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ("", "line 1: <Stream url> is missing; it should begin with wss://"),
        ('url="https://example.com/v0/evi/twilio"', "should begin with wss://, got 'https://exa"),
        ('url="/media"', "should begin with wss://, got '/media'; Twilio opens no other URL"),
        ('url="wss:///media"', "should begin with wss://"),
        ('url="wss://[::1/media"', "can't be read: "),
    ],
)
def test_urls_that_are_not_opened(attributes: str, words: str) -> None:
    """They say what Twilio wants."""
    found, [told] = plan(f"<Stream {attributes}/>")
    assert found is None
    assert words in told


def test_a_query_is_dropped() -> None:
    """With a problem that says what to do."""
    found, [told] = plan('<Stream url="wss://example.com/media?a=1&amp;b=2"/>')
    assert found is not None
    assert found.url == "wss://example.com/media"
    assert "has a query, 'a=1&b=2', which Twilio drops; put the values into <Parameter" in told


@pytest.mark.parametrize(
    ("inside", "parameters", "words"),
    [
        (f'<Parameter name="n" value="{"x" * 499}"/>', {"n": "x" * 499}, None),
        (f'<Parameter name="n" value="{"x" * 500}"/>', {}, "'n' have 501 characters; 500 at most"),
        ('<Parameter value="1"/>', {}, "a <Parameter> should have a name"),
        ('<Parameter name="n"/>', {"n": ""}, None),
        ('<Param name="n" value="1"/>', {}, "<Stream> may have <Parameter>, got <Param> (did you"),
        ('<Parameter nmae="n" value="1"/>', {}, "no attribute 'nmae'; did you mean 'name'?"),
    ],
)
def test_parameters(inside: str, parameters: dict[str, str], words: str | None) -> None:
    """What is too long, or has no name, is left out."""
    found, told = plan(f'<Stream url="wss://example.com/media">{inside}</Stream>')
    assert found is not None
    assert found.parameters == parameters
    assert words in told[0] if words else told == []


@pytest.mark.parametrize(
    ("kind", "attribute", "words"),
    [
        ("Connect", 'track="both_tracks"', "<Stream track> of <Connect> can only be inbound_track"),
        ("Start", 'track="both"', "should be one of inbound_track, outbound_track, both_tracks"),
        ("Start", 'statusCallbackMethod="PUT"', "statusCallbackMethod should be POST or GET, got"),
        ("Start", 'trak="both_tracks"', "<Stream> has no attribute 'trak'; did you mean 'track'?"),
    ],
)
def test_attributes(kind: Literal["Connect", "Start"], attribute: str, words: str) -> None:
    """A wrong one has a problem, and its default is taken."""
    found, [told] = plan(f'<Stream url="wss://example.com/media" {attribute}/>', kind)
    assert words in told
    assert found == StreamPlan("wss://example.com/media", "", {})
