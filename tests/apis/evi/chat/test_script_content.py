"""Scripts written as their files say them."""

import re
from typing import Any

import pytest

from emulator.apis.evi.chat.finding_scripts import bundled_scripts
from emulator.apis.evi.chat.script import Script, Speak
from emulator.apis.evi.chat.script_content import script_content
from emulator.apis.evi.chat.script_file import load_script, read_script_file
from emulator.apis.evi.model.options import ModelOptions

EVERYTHING: dict[str, Any] = {
    "strict": True,
    "mood": {"Calmness": 0.5},
    "rules": [
        {
            "when": {"text": "order"},
            "times": 1,
            "answer": [
                {"say": "One moment.", "mood": {"Joy": 0.6}, "quick": True},
                {"pause": "500ms"},
                {"call_tool": "get", "parameters": {"n": 1}},
                {"say": "It is {tool_result.status}."},
            ],
        },
        {
            "when": {"regex": r"weather in (?P<city>\w+)", "turn": 2},
            "answer": [
                {"web_search": "{city}", "result": {"summary": "Snow"}},
                {"web_search": "{city}", "error": "broken"},
                {"error": "uncaught", "message": "Oh."},
                {"error": "uncaught"},
            ],
        },
        {"answer": [{"hang_up": True}]},
    ],
    "user": [
        {"say": "Hello", "mood": {"Joy": 0.6}},
        {"type": "Hm"},
        {"interrupt": "Stop"},
        {"wait": "2000ms"},
        {"send": {"type": "pause_assistant_message"}},
    ],
    "tools": {"get": {"content": '{"status": "sent"}'}, "set": {"error": "broken"}},
}


def test_all_that_a_file_can_say() -> None:
    """Each step and condition is written as it was read."""
    assert script_content(load_script(EVERYTHING)[0]) == EVERYTHING


@pytest.mark.parametrize("name", bundled_scripts())
def test_bundled_scripts(name: str) -> None:
    """Each is the same once it was written and read."""
    script, _ = load_script(read_script_file(name), name)
    content = script_content(script)
    assert content
    assert load_script(content, name)[0] == script


def test_a_script_that_says_nothing() -> None:
    """It has nothing to write."""
    assert script_content(Script()) == {}


def flags() -> Script:
    script = Script()
    script.on_user(re.compile("Oslo")).say("x")
    return script


def search() -> Script:
    script = Script()
    script.on_anything().use_builtin("web_search", {"q": "x"})
    return script


def typed_mood() -> Script:
    return Script(user=[Speak("x", {"Joy": 1.0}, typed=True)])


@pytest.mark.parametrize("make", [flags, search, typed_mood])
def test_what_no_file_can_say(make: Any) -> None:
    """It is not written, rather than written wrong."""
    assert script_content(make()) is None


def test_options_of_models() -> None:
    """They are written, and read again."""
    content = {"model": {"quirks": ["double_post"], "failure": "end", "timeout": 3}}
    script, _ = load_script(content)
    assert script.model == ModelOptions(("double_post",), "end", None, 3)
    assert script_content(script) == content
