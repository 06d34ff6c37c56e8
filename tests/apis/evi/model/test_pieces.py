"""Tokens that are put together to sentences."""

import time

import pytest

from emulator.apis.evi.model.pieces import SentenceBySentence
from emulator.apis.evi.model.replies import Over, Reply, SessionId, Words
from emulator.audio.sentences import LONGEST_SENTENCE, complete_sentences


def passed_on(*replies: Reply) -> list[Reply]:
    heard: list[Reply] = []
    pieces = SentenceBySentence(heard.append)
    for reply in replies:
        pieces(reply)
    return heard


@pytest.mark.parametrize(
    ("tokens", "heard"),
    [
        (("Hello", " there", ".", " How"), ["Hello there. "]),
        (("Hello.", " ", "How"), ["Hello. "]),
        (('"Hello', ".", '"', ")", " How"), ['"Hello.") ']),
        (("It is 3", ".", "5", " km"), []),
        (("One. Two.", " Three"), ["One. ", "Two. "]),
        (("One. Two! Three? ", "Four"), ["One. Two! Three? "]),
    ],
)
def test_words_wait_for_the_end_of_a_sentence(tokens: tuple[str, ...], heard: list[str]) -> None:
    """However the text is cut; what is no sentence waits."""
    assert passed_on(*map(Words, tokens)) == list(map(Words, heard))
    one_by_one = (Words(character) for token in tokens for character in token)
    words = [each.text for each in passed_on(*one_by_one) if isinstance(each, Words)]
    assert complete_sentences("".join(words))[0] == complete_sentences("".join(heard))[0]


def test_another_reply_does_not_overtake_words() -> None:
    """They come before it, though their sentence is not over."""
    replies: list[Reply] = [Words("Hello"), SessionId("s"), Words(" you"), Over()]
    assert passed_on(*replies) == replies


def test_a_text_without_an_end_is_cut() -> None:
    """A model that never ends a sentence is heard all the same."""
    [words] = passed_on(*[Words("word ")] * (LONGEST_SENTENCE // 5 + 1))
    assert words == Words("word " * (LONGEST_SENTENCE // 5 + 1))


def test_a_long_sentence_costs_no_more_per_token_than_a_short_one() -> None:
    """Only what is new is searched: a dot early on makes nobody look at all again."""

    def cpu_s(count: int) -> float:
        begin = time.process_time()
        assert passed_on(Words("i.e."), *[Words("word-")] * count) == []
        return (time.process_time() - begin) / count

    assert cpu_s(1_900) < 20 * min(cpu_s(190) for _ in range(5))
