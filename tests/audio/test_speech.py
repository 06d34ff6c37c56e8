"""Speech: which words sound when, and that the sound agrees."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.audio.speech import Phoneme, Speech, Word, most_samples
from emulator.audio.timbre import timbre_of
from tests.audio.speeches import ODD, SPEECHES, TEXTS, peak, samples_of

pytestmark = pytest.mark.slow

TIMBRE = timbre_of("a voice")
A_SECOND = 48_000
FULL_TEXT = ("The quick brown fox jumps over the lazy dog, and then it sleeps. " * 80)[:5_000]


def sound(speech: Speech) -> bytes:
    return b"".join(speech.sound(TIMBRE))


def ms(speech: Speech) -> float:
    return speech.samples * 1000 / A_SECOND


def texts(speech: Speech) -> list[str]:
    return [word.text for word in speech.words()]


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([0.25, 1, 2, 3]), st.integers(0, 5), st.floats(0, 5))
def test_the_longest_that_a_text_can_be(
    text: str, speed: float, variant: int, silence_s: float
) -> None:
    """However it is cut after its marks, its speeches are no longer together."""
    parts = [*re.findall(r"[^.!?]*[.!?]+\s+|.+", text, re.DOTALL), ""]
    speeches = [Speech(part, speed, variant=variant) for part in parts if part or not text]
    most = most_samples(len(text), len(parts), speed, silence_s)
    assert sum(each.samples for each in speeches) + round(silence_s * A_SECOND) <= most


@settings(max_examples=150, deadline=None)
@given(SPEECHES)
def test_words_lie_in_the_sound(speech: Speech) -> None:
    """They are in order, each is 20 ms or more, and its phonemes fill it."""
    at = 0
    for word in speech.words():
        assert at <= word.begin_ms < word.end_ms <= ms(speech)
        assert [word.begin_ms, *(each.end_ms for each in word.phonemes)] == [
            *(each.begin_ms for each in word.phonemes),
            word.end_ms,
        ]
        parts: list[Word | Phoneme] = [word, *word.phonemes]
        for part in parts:
            assert part.text
            assert part.begin_ms % 20 == part.end_ms % 20 == 0
            assert part.end_ms - part.begin_ms >= 20
        at = word.end_ms


@settings(max_examples=150, deadline=None)
@given(SPEECHES)
def test_words_are_the_texts_own(speech: Speech) -> None:
    """They are found in it one after the other, and no letter is left out."""
    at = 0
    for text in texts(speech):
        at = speech.text.index(text, at) + len(text)
    letters = [each for each in speech.text if each.isalnum()]
    assert [each for word in texts(speech) for each in word if each.isalnum()] == letters


@settings(max_examples=100, deadline=None)
@given(SPEECHES)
def test_the_sound_is_true_to_the_words(speech: Speech) -> None:
    """There is a tone where a word is, silence elsewhere, and the length is exact."""
    samples = samples_of(sound(speech))
    assert len(samples) == speech.samples
    at = 0
    for word in speech.words():
        begin, end = word.begin_ms * 48, word.end_ms * 48
        assert peak(samples[at:begin]) == 0
        assert 5_000 < peak(samples[begin:end]) <= 8_192
        at = end
    assert peak(samples[at:]) == 0


@given(st.builds(Speech, text=TEXTS, variant=st.integers(0, 5)), st.floats(0, 5))
def test_trailing_silence_is_added_to_the_sample(speech: Speech, silence: float) -> None:
    """What comes before it stays as it is."""
    longer = Speech(speech.text, trailing_silence_s=silence, variant=speech.variant)
    assert longer.samples == speech.samples + round(silence * A_SECOND)
    assert sound(longer)[: 2 * speech.samples] == sound(speech)


@given(SPEECHES)
def test_same_speech_same_bytes(speech: Speech) -> None:
    """However often it is made."""
    again = Speech(speech.text, speech.speed, speech.trailing_silence_s, speech.variant)
    assert sound(again) == sound(speech)
    assert list(again.words()) == list(speech.words())


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_last_a_while(text: str) -> None:
    """An empty text is 20 ms of silence, one without words at least 200 ms."""
    speech = Speech(text)
    assert ms(speech) == 20 if not text else ms(speech) >= 200
    if not any(each.isalnum() for each in text):
        assert texts(speech) == []
        assert peak(samples_of(sound(speech))) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("My well-known friend's “quote”", ["My", "well-known", "friend's", "quote"]),
        ("漢字 かな", ["漢", "字", "か", "な"]),
        ("か\u3099ん", ["か\u3099", "ん"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("שָׁלוֹם\u202e עולם", ["שָׁלוֹם", "עולם"]),
        ("co-\nop -x- snake_case 3.14", ["co", "op", "x", "snake", "case", "3", "14"]),
        ("nul\0in 🚲 it", ["nul", "in", "it"]),
    ],
)
def test_what_a_word_is(text: str, words: list[str]) -> None:
    """Letters and digits in any script, with apostrophes and hyphens between them."""
    assert texts(Speech(text)) == words


def test_a_word_and_its_phonemes_on_the_grid() -> None:
    """Times count from the beginning of the sound."""
    (word,) = Speech("My").words()
    assert (word.text, word.begin_ms, word.end_ms) == ("My", 60, 180)
    assert [(each.text, each.begin_ms) for each in word.phonemes] == [("m", 60), ("aɪ", 120)]


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.9, 1, 1.7, 2, 3])
def test_speed_divides_the_length(speed: float) -> None:
    """To 20 ms, whatever the number of words."""
    assert ms(Speech(FULL_TEXT, speed)) == pytest.approx(ms(Speech(FULL_TEXT)) / speed, abs=20)


def test_tempo() -> None:
    """A character takes about 60 ms."""
    assert ms(Speech(FULL_TEXT)) == pytest.approx(60 * len(FULL_TEXT), rel=0.1)


def test_pauses() -> None:
    """A comma takes longer than a space, the end of a sentence longer still; a point in a number
    is no end."""

    def pause(gap: str) -> int:
        first, second = Speech(f"one{gap}two").words()
        return second.begin_ms - first.end_ms

    assert pause(" ") < pause(", ") < pause(". ") == pause('."\n') == pause("。") == pause("\n\n")
    assert pause(".") == pause(" ")


def test_variants_differ() -> None:
    """In sound, and most in length; also where the text is short."""
    for text in ("Hi", FULL_TEXT[:200]):
        speeches = [Speech(text, variant=variant) for variant in range(5)]
        assert len({sound(speech) for speech in speeches}) == 5
        assert len({speech.samples for speech in speeches}) >= 3
        lengths = [ms(speech) for speech in speeches]
        assert max(lengths) - min(lengths) <= 140 + 0.1 * min(lengths)


def test_pieces_are_small() -> None:
    """A long word at a low speed comes in pieces of at most a second."""
    speech = Speech(f"{'a' * 5_000} b", 0.25, 5)
    assert max(map(len, speech.sound(TIMBRE))) <= 96_000
    assert max(len(word.text) for word in speech.words()) < 1_000


def test_words_are_values() -> None:
    """Two walks through a text give equal words."""
    first, again = (next(Speech("Hello there").words()) for _ in range(2))
    assert isinstance(first, Word)
    assert first == again


@settings(max_examples=200, deadline=None)
@given(st.text("ab1'-_ .,!?\n"))
def test_ascii_takes_as_long_as_other_letters(text: str) -> None:
    """Texts in ASCII are counted by their gaps."""
    assert Speech(text).samples == Speech(text.replace("a", "\u00e9")).samples
    assert Speech("a" + text).samples == Speech("\u00e9" + text).samples


@pytest.mark.parametrize("text", ["a-" * 40, "-a" * 40, "a'" * 17 + "a", "x" * 49 + "-x"])
def test_ascii_with_many_joiners(text: str) -> None:
    assert Speech(text).samples == Speech(text.replace("a", "\u00e9")).samples
