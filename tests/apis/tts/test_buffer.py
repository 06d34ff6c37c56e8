"""Tests of the text that waits on a socket."""

from dataclasses import replace

import pytest

from emulator.apis.tts.buffer import FULL, TextBuffer
from emulator.apis.tts.request import Utterance

PLAIN = Utterance("")


def filled(*texts: str) -> TextBuffer:
    buffer = TextBuffer()
    for text in texts:
        buffer.add(replace(PLAIN, text=text))
    return buffer


def taken(buffer: TextBuffer) -> list[str]:
    return [each.text for each in buffer.take_ready()]


def test_text_joins_verbatim() -> None:
    """What is said in one manner is one utterance."""
    assert [each.text for each in filled("Hel", "lo", "", " there.").take_all()] == ["Hello there."]


def test_another_manner_begins_another_utterance() -> None:
    """A speed, a silence, a voice: each ends the utterance before."""
    buffer = filled("One ")
    buffer.add(replace(PLAIN, text="two ", speed=1.5))
    buffer.add(replace(PLAIN, text="three ", trailing_silence_s=1))
    buffer.add(replace(PLAIN, text="four"))
    buffer.add(replace(PLAIN, text="five", timbre="/x"))
    assert [each.text for each in buffer.take_all()] == ["One ", "two ", "three ", "four", "five"]
    assert not buffer


@pytest.mark.parametrize(
    ("text", "ready", "rest"),
    [
        ("One. Two. Thr", ["One. Two. "], "Thr"),
        ('He said "No." Then', ['He said "No." '], "Then"),
        ("no sentence ends he", ["no sentence ends "], "he"),
        ("All of it. ", ["All of it. "], ""),
        ("你好。再", ["你好。"], "再"),
        ("Unbreakable", [], "Unbreakable"),
        ("x" * 5000, ["x" * 5000], ""),
    ],
)
def test_what_is_ready_of_a_full_buffer(text: str, ready: list[str], rest: str) -> None:
    """Up to the last end of a sentence, else of a word; the rest waits on."""
    buffer = filled(text)
    assert taken(buffer) == ready
    assert [each.text for each in buffer.take_all()] == ([rest] if rest else [])


def test_when_it_is_full() -> None:
    """By the characters of all utterances together."""
    assert not filled("x" * (FULL - 1)).is_full
    assert filled("x" * (FULL - 1), "y").is_full
