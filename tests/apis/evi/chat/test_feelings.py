"""The feelings that words name, and the scores of messages that have such words."""

from typing import Any

import pytest

from emulator.apis.evi.chat.feelings import _WORDS, felt_in
from emulator.apis.evi.chat.prosody import EMOTIONS, USER_MOODS, sound_like
from emulator.apis.evi.chat.script import Rule, Say, Script
from tests.apis.evi.chat.chats import Chat


def leading(scores: dict[str, float]) -> str:
    return max(scores, key=lambda name: scores[name])


def scores_of(chat: Chat, text: str) -> dict[str, float]:
    """The scores of what the user says aloud."""
    [message] = [each for each in chat.hear(text) if each.type == "user_message"]
    content: Any = message.models.prosody
    scores: dict[str, float] = content.scores
    return scores


def test_every_emotion_has_words() -> None:
    """The table has the service's names, and each word belongs to one of them."""
    assert set(_WORDS) == set(EMOTIONS)
    words = [word for each in _WORDS.values() for word in each.split()]
    assert sorted(words) == sorted(set(words))
    for name, own in _WORDS.items():
        for word in own.split():
            assert felt_in(f"I feel {word.rstrip('*')}") == {name: 0.6}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I am so angry", ["Anger"]),
        ("I'm happy, but a bit anxious.", ["Joy", "Anxiety"]),
        ("a bit sad but very excited", ["Excitement", "Sadness"]),
        ("I'm not angry, just disappointed", ["Disappointment"]),
        ("No. I'm ANGRY!", ["Anger"]),
        ('You said: "I am so angry" and “so sad”.', []),
        ("Hello there.", []),
        ("angrily 🚲 \ud800", []),
        ("", []),
        ("x" * 2_000 + " angry", []),
    ],
)
def test_what_is_felt(text: str, names: list[str]) -> None:
    """What is named counts, in its order, unless it is denied, quoted or far into a long text."""
    found = felt_in(text) or {}
    assert sorted(found, key=lambda name: -found[name]) == names


def test_a_user_sounds_as_the_words_say() -> None:
    """What is said aloud leads with what it names, and with noise that depends on the place."""
    first, again, other = (Chat(random_seed=seed) for seed in (1, 1, 2))
    for chat in (first, again, other):
        chat.start()
    scores = scores_of(first, "I am so angry about this")

    assert leading(scores) == "Anger"
    assert scores == scores_of(again, "I am so angry about this")
    assert scores != scores_of(other, "I am so angry about this")


def test_other_words_sound_as_usual() -> None:
    """A text that names no feeling has one of the usual moods."""
    chat = Chat()
    chat.start()
    expected = sound_like(None, USER_MOODS, chat.session.chat_id, "user", 0)
    assert scores_of(chat, "Where is the station?") == expected.to_dict()


def test_a_script_has_the_last_word() -> None:
    """A mood that is named counts, whatever is said."""
    mooded = Rule(steps=[Say("I am so angry.", mood={"Joy": 0.9})])
    plain = Rule(steps=[Say("I am so angry.")])
    moods = []
    for rule, mood in ((mooded, None), (plain, {"Pride": 0.5}), (plain, None)):
        chat = Chat(script=Script(rules=[rule], mood=mood))
        chat.start()
        messages = [*chat.type("Hi"), *chat.wait(1_000)]
        [prosody] = [each for each in messages if each.type == "assistant_prosody"]
        scored: Any = prosody.models.prosody
        moods.append(leading(scored.scores))
    assert moods == ["Joy", "Pride", "Anger"]
