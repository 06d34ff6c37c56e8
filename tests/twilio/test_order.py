"""Steps and orders: what they may be, and what is wrong with others."""

import pytest

from emulator.errors import UsageError
from emulator.jsontext import Json
from emulator.twilio.order import CallOrder, HangUp, Press, Say, Step, Wait, read_step


@pytest.mark.parametrize(
    ("value", "step"),
    [
        ("Hello", Say("Hello")),
        ({"say": "Hello"}, Say("Hello")),
        ({"say": "Stop", "interrupt": True}, Say("Stop", interrupt=True)),
        ({"keys": "12#*w"}, Press("12#*w")),
        ({"wait": "2s"}, Wait(2_000)),
        ({"wait": 1.5}, Wait(1_500)),
        ({"hang_up": True}, HangUp()),
    ],
)
def test_a_step(value: Json, step: Step) -> None:
    """A text, or an object with one action."""
    assert read_step(value) == step


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "a step should be a text or an object, got int"),
        ({}, "exactly one of say, keys, wait, hang_up; got none of them"),
        ({"say": "a", "keys": "1"}, "got say and keys"),
        ({"sya": "a"}, "a step has no 'sya' (did you mean 'say'?); known: say, interrupt, keys"),
        ({"keys": "1", "interrupt": True}, "'interrupt' does not go with 'keys'"),
        ({"say": "a", "interrupt": 1}, "interrupt should be true or false, got 1"),
        ("  ", "say should be a text with a word in it, got '  '"),
        ({"say": 3}, "say should be a text with a word in it, got 3"),
        ("x" * 10_001, "say has 10001 characters; 10000 at most are said"),
        ({"keys": "1x"}, "keys are digits, *, #, A to D, and w for a pause; got 'x' in '1x'"),
        ({"wait": "soon"}, "a duration must look like 10s, 500ms or 2m, got 'soon'"),
        ({"hang_up": False}, "hang_up should be true, got False"),
    ],
)
def test_what_is_no_step(value: Json, words: str) -> None:
    """It says what a step is."""
    with pytest.raises(ValueError) as wrong:  # noqa: PT011 - its words are compared
        read_step(value)
    assert words in str(wrong.value)


@pytest.mark.parametrize("sid", ["CA1", "MZ" + "1" * 32, "CA" + "G" * 32])
def test_what_is_no_call_sid(sid: str) -> None:
    """It says what one is."""
    with pytest.raises(UsageError, match="must be CA and 32 hexadecimal digits"):
        CallOrder(url="http://127.0.0.1/", call_sid=sid)
