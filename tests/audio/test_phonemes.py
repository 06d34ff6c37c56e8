"""How words are pronounced."""

import pytest
from hypothesis import given

from emulator.audio.phonemes import phonemes_of
from tests.audio.speeches import TEXTS


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("My", "m aɪ"),
        ("The", "θ iː"),
        ("ship", "ʃ ɪ p"),
        ("match", "m æ tʃ"),
        ("thing", "θ ɪ ŋ"),
        ("make", "m eɪ k"),
        ("makes", "m eɪ k s"),
        ("hello", "h ɛ l oʊ"),
        ("happy", "h æ p i"),
        ("yes", "j ɛ s"),
        ("queen", "k w iː n"),
        ("nation", "n æ ʃ ə n"),
        ("box", "b ɑː ks"),
        ("isn't", "ɪ s n t"),
        ("42", "4 2"),
        ("漢", "漢"),
        ("שלום", "ש ל ו ם"),
        ("e", "iː"),
    ],
)
def test_sounds(word: str, sounds: str) -> None:
    """English by the rules; other letters stand for themselves."""
    assert phonemes_of(word) == tuple(sounds.split())


@given(TEXTS.filter(bool))
def test_as_many_as_there_is_time_for(word: str) -> None:
    """At least one sound, none empty, at most one for each character."""
    assert 1 <= len(phonemes_of(word)) <= len(word)
    assert all(phonemes_of(word))
