"""Languages and accents of tags and descriptions."""

import pytest

from emulator.audio.languages import language_of


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("English American", ""),
        ("English British", "en"),
        ("Spanish Mexican", "es-419"),
        ("Mexican Spanish", "es-419"),
        ("an old man with a Scottish, gravelly voice", "en-gb-scotland"),
        ("French with a German accent", "fr"),
        ("", ""),
    ],
)
def test_language_of_words(words: str, language: str) -> None:
    """The first language counts, and the accent that says more about it."""
    assert language_of(words.split()) == language
