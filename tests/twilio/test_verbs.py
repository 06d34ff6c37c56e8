"""The table of verbs is Twilio's, and what looks like one of them is named."""

import inspect

import pytest
from twilio.twiml import voice_response
from twilio.twiml.voice_response import VoiceResponse

from emulator.twilio.call import PLAYERS
from emulator.twilio.twiml import Element, read_twiml
from emulator.twilio.verbs import (
    OTHER_VERBS,
    PARAMETER_ATTRIBUTES,
    STREAM_ATTRIBUTES,
    VERBS,
    known_verb,
    nouns_of,
)

NO_ATTRIBUTES = {"self", "kwargs"}
# What the text of an element is called in Twilio's library.
TEXTS = {
    "Say": "message",
    "Play": "url",
    "Redirect": "url",
    "Dial": "number",
    "Enqueue": "name",
}


def attributes(owner: type, method: str) -> list[str]:
    """Return the attributes that Twilio's library writes for a verb or a noun."""
    names = inspect.signature(getattr(owner, method)).parameters.keys() - NO_ATTRIBUTES
    return sorted(_camel(name) for name in names)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def element(xml: str) -> Element:
    [verb] = read_twiml(f"<Response>{xml}</Response>".encode()).children
    return verb


@pytest.mark.parametrize("name", VERBS)
def test_attributes_are_those_of_twilios_library(name: str) -> None:
    """So that a misspelt one is noticed, and no other."""
    known = attributes(VoiceResponse, name.lower())
    assert sorted({*VERBS[name].attributes, *filter(None, [TEXTS.get(name)])}) == known


def test_attributes_of_streams() -> None:
    """And of their parameters."""
    assert sorted(STREAM_ATTRIBUTES) == attributes(voice_response.Connect, "stream")
    assert sorted(PARAMETER_ATTRIBUTES) == attributes(voice_response.Stream, "parameter")


def test_every_verb_of_twilio_is_known() -> None:
    """Played or not."""
    inherited = {"add_child", "append", "nest", "to_xml", "xml", "MAP"}
    methods = {name for name in dir(VoiceResponse) if not name.startswith("_")} - inherited
    assert methods == {name.lower() for name in (*VERBS, *OTHER_VERBS)}
    assert PLAYERS.keys() == VERBS.keys()


@pytest.mark.parametrize(
    ("xml", "is_known", "problems"),
    [
        ("<Say>Hi</Say>", True, []),
        (
            "<Pay/>",
            False,
            ["line 1: the caller does not play <Pay>; it goes on with the next verb"],
        ),
        ("<Conect/>", False, ["line 1: TwiML has no verb <Conect>; did you mean 'Connect'?"]),
        ("<say>Hi</say>", False, ["line 1: TwiML has no verb <say>; did you mean 'Say'?"]),
        ("<Xyz/>", False, ["line 1: TwiML has no verb <Xyz>"]),
        (
            '<Pause lenght="3"/>',
            True,
            ["line 1: <Pause> has no attribute 'lenght'; did you mean 'length'?"],
        ),
        ('<Pause data-x="3"/>', True, []),
    ],
)
def test_verbs(xml: str, is_known: bool, problems: list[str]) -> None:
    """An unknown one has a problem, with the closest match."""
    told: list[str] = []
    assert known_verb(element(xml), told.append) == is_known
    assert told == problems


@pytest.mark.parametrize(
    ("xml", "played", "problems"),
    [
        ('<Connect><Stream url="x"/></Connect>', ["Stream"], []),
        ("<Connect/>", [], ["line 1: <Connect> is empty; it should have a <Stream>"]),
        (
            "<Connect><Room>x</Room></Connect>",
            [],
            ["line 1: the caller does not play <Room> in <Connect>"],
        ),
        (
            "<Connect><Steam/></Connect>",
            [],
            ["line 1: <Connect> has no <Steam>; did you mean 'Stream'?"],
        ),
        ("<Start><Xyz/></Start>", [], ["line 1: <Start> has no <Xyz>"]),
        ("<Gather><Say>Hi</Say><Pause/></Gather>", ["Say", "Pause"], []),
    ],
)
def test_nouns(xml: str, played: list[str], problems: list[str]) -> None:
    """What is in a verb and is not played has a problem."""
    told: list[str] = []
    assert [noun.name for noun in nouns_of(element(xml), told.append)] == played
    assert told == problems
