"""Which tool a user asks for."""

import json
from typing import Any

import pytest

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.chat.tool_request import LONGEST, asked_tool, name_words

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
UNIT = {"type": "string", "enum": ["celsius", "fahrenheit"]}
DAY = {"type": "string", "format": "date"}


def tool(name: str, required: list[str] | None = None, /, **properties: Any) -> ToolSpec:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required is not None:
        schema["required"] = required
    return ToolSpec(name, json.dumps(schema))


TOOLS = {
    each.name: each
    for each in (
        tool("get_current_weather", ["location"], location=TEXT, format=UNIT),
        tool("getOrderStatus", ["order_number"], order_number=TEXT, postcode=TEXT),
        tool("get_order", ["order_id"], order_id=TEXT),
        tool("book_table", ["people"], people=INTEGER, date=DAY),
        tool("search-flights", ["origin", "destination"], origin=TEXT, destination=TEXT, date=TEXT),
        tool("get_data", ["x"], x=TEXT),
    )
}


def asked(text: str) -> str | None:
    found = asked_tool(text, TOOLS)
    return None if found is None else found.name


@pytest.mark.parametrize(
    "text",
    [
        "What is the weather in Paris?",
        "what's the weather in Paris",
        "what’s the weather",
        "How is the weather",
        "Is the weather good?",
        "Can you tell me the weather in Paris, please?",
        "Could you please check the current weather",
        "Please, the weather",
        "Hey, tell me the weather",
        "Ok so I'd like to know Paris's weather",
        "I want the weather",
        "I am looking for the weather in Rome",
        "the weather, please",
        "Weathers?",
    ],
)
def test_a_request(text: str) -> None:
    """Questions and requests in several forms, polite ones too."""
    assert asked(text) == "get_current_weather"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "???",
        "🙂?",
        "The weather in Paris is bad.",
        "I love the weather",
        "Why is the weather so bad?",
        "Do you like the weather in Paris?",
        "Don't tell me the weather",
        "I want to talk about the weather",
        "Is it weathered?",
        "What is the time?",
        "Where is my package?",
        "Get data?",
        "What is the weather? " + "x" * LONGEST,
    ],
)
def test_no_request(text: str) -> None:
    """Statements, opinions, long stories, and what no tool's name is about."""
    assert asked(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is the status of my order?", "getOrderStatus"),
        ("Where is my order?", "get_order"),
        ("Book a table for two", "book_table"),
        ("A table can be booked", None),
        ("Are there flights?", "search-flights"),
    ],
)
def test_the_tool_that_fits_best(text: str, name: str | None) -> None:
    """All words of the tool's name that say what it is about must be said; the most win."""
    assert asked(text) == name


def test_no_tools() -> None:
    """Nothing is asked for where there is no tool."""
    assert asked_tool("What is the weather?", {}) is None


@pytest.mark.parametrize("name", ["get_order_status", "getOrderStatus", "get-Order status"])
def test_words_of_a_name(name: str) -> None:
    """However they are put together."""
    assert name_words(name) == ["get", "order", "status"]
