"""Placeholders: what stands in their place, and how much at most."""

import json

import pytest

from emulator.apis.evi.chat.filling import Filler, TextTooLong

RESULT = json.dumps({"sky": "grey", "days": [{"max": 4.5}, None, True], "a b": 1})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{tool_result.sky}", "grey"),
        ("{tool_result.days.0.max} and {tool_result.days.2}", "4.5 and true"),
        ("{tool_result.days.1}", "null"),
        ("{tool_result.days.0}", '{"max": 4.5}'),
        ("{tool_result.rain}", RESULT),
        ("{tool_result.sky.0}", RESULT),
        ("{tool_result.days.9}", RESULT),
        ("{tool_result.days.max}", RESULT),
        ("{user_text}.", "a {tool_result}."),
        ("{unknown} {{user_text}} { user_text }", "{unknown} {{user_text}} { user_text }"),
    ],
)
def test_placeholders(text: str, expected: str) -> None:
    """A path leads into a JSON result; what leads nowhere is the whole, and is filled once."""
    assert (
        Filler({"tool_result": RESULT, "user_text": "a {tool_result}"}, 1_000).fill(text)
        == expected
    )


def test_a_result_that_is_no_json_has_no_parts() -> None:
    """A path into a plain text is the text."""
    assert Filler({"tool_result": "just grey"}, 10).fill("{tool_result.sky}") == "just grey"


def test_placeholders_within_json() -> None:
    """Every text in a value is filled; keys and numbers stay."""
    value = {"{user_text}": ["{user_text}", {"a": "<{user_text}>"}, 5, None]}
    filled = Filler({"user_text": "hi"}, 10).fill_all(value)
    assert filled == {"{user_text}": ["hi", {"a": "<hi>"}, 5, None]}


def test_dead_ends_are_named_with_their_values() -> None:
    """Each once; what has no value is none."""
    values = {"tool_result": RESULT, "user_text": "hi"}
    text = "{tool_result.sky}{tool_result.rain}{tool_result.rain}{user_text.a}{user_text}{x.y}"
    dead_ends = {"{tool_result.rain}": RESULT, "{user_text.a}": "hi"}
    assert Filler(values, 10).dead_ends(text) == dead_ends


def test_placeholders_add_so_much_and_no_more() -> None:
    """What the text has itself does not count."""
    text, value = "long " * 100 + "{user_text}" * 4, "v" * 36  # 25 more than its placeholder
    assert Filler({"user_text": value}, 100).fill(text) == "long " * 100 + value * 4
    with pytest.raises(TextTooLong, match="more than 99 characters"):
        Filler({"user_text": value}, 99).fill(text)


def test_all_texts_of_a_value_add_up() -> None:
    """Many short texts may be one long value."""
    value = [{"a": "{user_text}"} for _ in range(4)]
    assert Filler({"user_text": "v" * 36}, 100).fill_all(value) == [{"a": "v" * 36}] * 4
    with pytest.raises(TextTooLong, match="more than 99 characters"):
        Filler({"user_text": "v" * 36}, 99).fill_all(value)


def test_a_value_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many placeholders lead into it: reading it costs more than filling one."""
    read: list[str] = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda text: read.append(text) or loads(text))  # type: ignore[func-returns-value]
    filler = Filler({"tool_result": RESULT}, 1_000)
    assert filler.fill("{tool_result.sky}{tool_result.rain.a}{tool_result.sky}").count("grey") == 3
    assert read == [RESULT]
