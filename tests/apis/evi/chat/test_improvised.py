"""The default assistant: what it says and calls when no script tells it."""

import json

import pytest

from emulator.apis.evi.chat.improvised import NOT_CAUGHT
from emulator.apis.evi.chat.messages import (
    BuiltinTool,
    Context,
    SessionSettings,
    Tool,
    ToolResponse,
)
from tests.apis.evi.chat.chats import Chat, config_with, of_type, said, started

LOCATION = {
    "type": "object",
    "properties": {"location": {"type": "string"}},
    "required": ["location"],
}


def with_weather() -> Chat:
    chat = started()
    weather = Tool(type="function", name="get_current_weather", parameters=json.dumps(LOCATION))
    chat.send(SessionSettings(tools=[weather], builtin_tools=[BuiltinTool(name="web_search")]))
    return chat


def test_a_question_calls_the_tool_that_it_asks_for() -> None:
    """With what was said as its argument, and the tool's answer is repeated."""
    chat = with_weather()
    [call] = of_type(chat.type("What is the weather in Paris?"), "tool_call")
    assert (call.name, json.loads(call.parameters)) == (
        "get_current_weather", {"location": "Paris"}
    )  # fmt: skip
    answer = chat.send(ToolResponse(tool_call_id=call.tool_call_id, content="It rains."))
    assert said(answer) == ["get_current_weather answered: It rains."]


def test_what_a_tool_needs_is_asked_for() -> None:
    """No argument is made up; the next question may have it."""
    chat = with_weather()
    assert said(chat.type("What is the weather?")) == [
        "To use get_current_weather I need to know: location."
    ]
    assert of_type(chat.type("And what is the weather in Rome?"), "tool_call")


def test_a_named_tool_is_called_with_what_there_is() -> None:
    """A preposition is no part of the argument; without one, all that was said is."""
    chat = with_weather()
    for text, location in (
        ("get_current_weather in Paris", "Paris"),
        ("get current weather Paris", "Paris"),
        ("get_current_weather {user_text}", "{user_text}"),
        ("Get current weather!", "Get current weather!"),
    ):
        [call] = of_type(chat.type(text), "tool_call")
        assert json.loads(call.parameters) == {"location": location}
        chat.send(ToolResponse(tool_call_id=call.tool_call_id, content="fine"))


def test_statements_are_repeated() -> None:
    """A tool's word alone calls nothing."""
    chat = with_weather()
    messages = chat.type("The weather in Paris is bad.")
    assert said(messages)[0] == 'You said: "The weather in Paris is bad."'
    assert of_type(messages, "tool_call") == []


def test_the_web_goes_before_a_question() -> None:
    """Who says "search the web" gets the search, whatever else the tools could do."""
    messages = with_weather().type("Can you search the web for the weather in Paris?")
    assert said(messages)[0] == "The web says: The emulator has no web."


@pytest.mark.parametrize("text", ["", "???", "...", " ", "?!", "—", "\u200b"])
def test_nothing_that_could_be_repeated(text: str) -> None:
    """Punctuation is not quoted back."""
    assert " ".join(said(started().type(text))) == NOT_CAUGHT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🙂", 'You said: "🙂". What happened then?'),
        ("你好。", 'You said: "你好。" What happened then?'),
        ("Well…", 'You said: "Well…" What happened then?'),
        ("Really?", 'You asked: "Really?" I can only repeat what I hear.'),
    ],
)
def test_odd_texts(text: str, expected: str) -> None:
    """Whatever says something is repeated, with a full stop if it has none of its own."""
    assert " ".join(said(started().type(text))) == expected


@pytest.mark.parametrize("context", ["The user likes cats.", "cats", "Cats! ", "cats?"])
def test_no_full_stop_is_doubled(context: str) -> None:
    """A context may end with its own."""
    chat = started()
    chat.send(SessionSettings(context=Context(text=context)))
    spoken = " ".join(said(chat.type("I like tea.")))
    assert f"I keep in mind: {context.strip()}" in spoken
    assert not any(doubled in spoken for doubled in ("..", "!.", "?.", ". ."))


def test_a_name_that_ends_with_a_full_stop() -> None:
    """The greeting has one as well."""
    chat = started(config_with(name="Acme Inc."))
    assert "Inc.." not in " ".join(said(chat.messages))
