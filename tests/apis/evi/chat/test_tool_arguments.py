"""The arguments of a tool that a user's words have."""

import time
from typing import Any

import pytest

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.chat.filling import Filler
from emulator.apis.evi.chat.tool_arguments import said_arguments
from emulator.apis.evi.chat.tool_request import asked_tool
from tests.apis.evi.chat.test_tool_request import DAY, INTEGER, TEXT, TOOLS, UNIT, tool

NUMBER = {"type": "number"}


def arguments(spec: ToolSpec, text: str) -> Any:
    """What a client gets of the arguments."""
    said = said_arguments(spec, text)
    return Filler(said.values, 10_000).fill_all(dict(said.parameters))


# texts


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("What is the weather in Paris?", "Paris"),
        ("What is the weather in Paris", "Paris"),
        ("what's the weather like in paris today", "paris"),
        ("Tell me the weather in New York, please.", "New York"),
        ("The weather in Paris, France?", "Paris, France"),
        ("The weather in St. Petersburg. Thanks!", "St. Petersburg"),
        ("How is the weather for tomorrow in the Netherlands?", "Netherlands"),
        ("Weather at Lake Garda right now, please", "Lake Garda"),
        ("Weather in 'Kraków'?", "Kraków"),
        ("What is the weather in 東京?", "東京"),
        ("Weather in Paris and can you sing?", "Paris"),
        ("What will the weather be like in Berlin and Rome next week?", "Berlin and Rome"),
        ("What is Oslo's weather?", "Oslo"),
        ("Paris weather?", "Paris"),
        ("in Paris", "Paris"),
        ("What is the weather in {location}?", "{location}"),
    ],
)
def test_a_place(text: str, location: str) -> None:
    """It comes without its preposition, and without times, articles and thanks."""
    assert arguments(TOOLS["get_current_weather"], text) == {"location": location}


@pytest.mark.parametrize("text", ["How's the weather?", "Is it cold weather today?", "???", ""])
def test_what_is_missing(text: str) -> None:
    """No place is made up; what is required and was not said is named."""
    said = said_arguments(TOOLS["get_current_weather"], text)
    assert (said.parameters, said.missing) == ({}, ["location"])


@pytest.mark.parametrize(
    ("properties", "text", "expected"),
    [
        ({"order_number": TEXT}, "Where is order FW-20418?", {"order_number": "FW-20418"}),
        ({"id": TEXT}, "Get order 12 please", {"id": "12"}),
        ({"date": TEXT}, "a table tomorrow?", {"date": "tomorrow"}),
        ({"day": DAY}, "a table for Friday", {"day": "Friday"}),
        ({"visit": DAY}, "a table on 2025-03-01", {"visit": "2025-03-01"}),
        ({"time": TEXT}, "a table at 7 pm", {"time": "7 pm"}),
        ({"query": TEXT}, "Search for pies with rice", {"query": "pies with rice"}),
        ({"topic": TEXT}, "Any news about the moon?", {"topic": "moon"}),
        ({"word": TEXT}, "Please define serendipity", {"word": "define serendipity"}),
        ({"name": TEXT}, "Call somebody named Ada", {"name": "Ada"}),
        (
            {"origin": TEXT, "destination": TEXT},
            "flights to Rome from Oslo",
            {"origin": "Oslo", "destination": "Rome"},
        ),
    ],
)
def test_other_texts(properties: Any, text: str, expected: Any) -> None:
    """A property's name tells where to look: codes, times, ways, topics."""
    assert arguments(tool("act", list(properties), **properties), text) == expected


# other kinds


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        (UNIT, "Weather in Fahrenheit?", "fahrenheit"),
        (UNIT, "Weather?", "celsius"),
        ({**UNIT, "default": "fahrenheit"}, "Weather?", "fahrenheit"),
        ({"const": "x"}, "Weather in y?", "x"),
        ({"type": "string", "examples": ["Oslo"]}, "Act?", "Oslo"),
        ({"type": "string", "examples": ["Oslo"]}, "Weather in Rome?", "Rome"),
        ({"type": "string", "default": "Oslo"}, "Act?", "Oslo"),
        ({"type": ["null", "string"]}, "Weather in Rome?", "Rome"),
        (INTEGER, "for 3 days", 3),
        (INTEGER, "for twelve days", 12),
        (NUMBER, "2.5 of it", 2.5),
        (NUMBER, "-4 of it", -4),
        ({**INTEGER, "maximum": 60}, "number 99", 60),
        ({**INTEGER, "default": 7}, "some", 7),
        ({"type": "boolean"}, "Weather?", True),
        ({"type": "null"}, "Weather?", None),
        ({"type": "array", "items": TEXT}, "with Ada, Bob and Cy", ["Ada", "Bob", "Cy"]),
        ({"type": "array", "items": UNIT}, "fahrenheit, celsius", ["celsius", "fahrenheit"]),
    ],
)
def test_kinds_of_values(schema: Any, text: str, expected: Any) -> None:
    """What was said goes before a default, which goes before the first of a list."""
    assert arguments(tool("act", ["value"], value=schema), text) == {"value": expected}


@pytest.mark.parametrize("schema", [TEXT, INTEGER, {"type": "array", "items": TEXT}])
def test_nothing_is_made_up(schema: Any) -> None:
    """A text, a number or a list that was not said is missing."""
    said = said_arguments(tool("act", ["value"], value=schema), "Act?")
    assert (said.parameters, said.missing) == ({}, ["value"])


def test_numbers_beside_their_names() -> None:
    """Each property gets the number that stands beside its name, else the next one."""
    spec = tool("act", ["people", "rooms"], people=INTEGER, rooms=INTEGER, size=INTEGER)
    assert arguments(spec, "2 rooms for 5 people") == {"people": 5, "rooms": 2}
    assert arguments(spec, "for 4 and 3") == {"people": 4, "rooms": 3}


def test_what_is_optional() -> None:
    """It is left out unless it was clearly said; so is everything if nothing is required."""
    spec = TOOLS["get_current_weather"]
    assert arguments(spec, "Weather in Rome in celsius?") == {
        "location": "Rome", "format": "celsius"
    }  # fmt: skip
    assert arguments(tool("act", [], note=TEXT, date=TEXT), "for Ada today") == {"date": "today"}
    free = tool("get_stock_price", symbol=TEXT)
    assert arguments(free, "The stock price of Acme?") == {"symbol": "Acme"}
    assert arguments(free, "The stock price?") == {}


@pytest.mark.parametrize("schema", ["", "[]", "nonsense", '{"properties": 5}', "[" * 100_000])
def test_an_unsound_schema(schema: str) -> None:
    """It has no arguments, and misses none."""
    said = said_arguments(ToolSpec("act", schema), "Act in Paris!")
    assert (said.parameters, said.missing) == ({}, ())


@pytest.mark.parametrize("text", [" " * 100_000, "in " * 100_000, "a," * 100_000, "1" * 100_000])
def test_no_text_takes_long(text: str) -> None:
    """Only the beginning of a text is read."""
    begin = time.process_time()
    said_arguments(TOOLS["get_current_weather"], text)
    asked_tool(text, TOOLS)
    assert time.process_time() - begin < 0.5
