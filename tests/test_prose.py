"""The lint of the project's texts finds what it should."""

from scripts.prose import main, problems


def test_a_phrase_is_found_with_its_line() -> None:
    assert list(problems("Good.\nA world that Begins anew.")) == [
        (2, "Begins anew", "again; or starts over, or is cleared")
    ]


def test_parts_of_words_are_none() -> None:
    assert list(problems("'thosethat' cargoes by; those-that")) == []


def test_the_texts_are_clean() -> None:
    assert main() == 0
