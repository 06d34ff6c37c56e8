"""Which emotions the words of a text name, for the scores of what is said."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

# By emotion: the words that name it. A word that ends with * stands for all that begin so.
_WORDS: Mapping[str, str] = {
    "Admiration": "admir* impressive inspiring brilliant",
    "Adoration": "ador* cute",
    "Aesthetic Appreciation": "beautiful gorgeous stunning picturesque",
    "Amusement": "funny hilarious laugh* lol haha* joking amus*",
    "Anger": "angry anger angrier furious outrag* livid enraged fuming annoyed annoying pissed "
    "infuriat*",
    "Anxiety": "anxious anxiety nervous worried worry worrying stress* uneasy",
    "Awe": "awe awestruck breathtaking majestic",
    "Awkwardness": "awkward* clumsy",
    "Boredom": "bored boring boredom tedious dull",
    "Calmness": "calm calmly relaxed peaceful serene",
    "Concentration": "focus* concentrat*",
    "Confusion": "confus* puzzled perplexed bewildered baffled",
    "Contemplation": "ponder* reflecting",
    "Contempt": "contempt pathetic despise ridiculous",
    "Contentment": "contentment comfortable cosy cozy",
    "Craving": "crav* hungry starving thirsty",
    "Desire": "desire desires longing yearn*",
    "Determination": "determined determination",
    "Disappointment": "disappoint* letdown",
    "Disgust": "disgust* gross revolting nauseating yuck eww",
    "Distress": "distress* upset overwhelmed desperate frustrat* struggling",
    "Doubt": "doubt* unsure sceptical skeptical unlikely",
    "Ecstasy": "ecstatic ecstasy euphoric",
    "Embarrassment": "embarrass*",
    "Empathic Pain": "heartbreaking",
    "Entrancement": "mesmeri* spellbound entranc* hypnoti*",
    "Envy": "envy envious jealous jealousy",
    "Excitement": "excit* thrilled thrilling stoked hyped",
    "Fear": "afraid scared fear fears frightened frightening scary",
    "Guilt": "guilt guilty remorse",
    "Horror": "horror horrif* terrified terrifying nightmare",
    "Interest": "interested interesting curious fascinat* intrigu*",
    "Joy": "happy happiness joy joyful glad delighted cheerful wonderful great awesome yay",
    "Love": "love loves loved loving beloved",
    "Nostalgia": "nostalgi* childhood",
    "Pain": "pain painful hurt hurts hurting ache aching",
    "Pride": "proud pride",
    "Realization": "realise realised realize realized aha",
    "Relief": "relief relieved phew",
    "Romance": "romantic romance sweetheart",
    "Sadness": "sad sadness sadly unhappy miserable depressed crying cry tears lonely grief "
    "heartbroken",
    "Satisfaction": "satisf* pleased",
    "Shame": "ashamed shame humiliated",
    "Surprise (negative)": "shocked shocking appalled alarmed",
    "Surprise (positive)": "surpris* amazed amazing astonish* wow unbelievable",
    "Sympathy": "sympath* condolences sorry",
    "Tiredness": "tired exhausted sleepy weary drained fatigued",
    "Triumph": "triumph* victory victorious won",
}
_MORE = frozenset(
    ("so", "very", "really", "extremely", "totally", "absolutely", "incredibly", "truly", "too")
)
_NOT = frozenset(
    ("not", "never", "no", "without", "hardly", "isn't", "aren't", "wasn't", "don't", "didn't")
)
_REACH = 3  # words of a clause before one that may turn it round, or strengthen it
_STRENGTH, _STRONGER = 0.6, 0.75
_HEARD = 2_000  # characters of a text
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")  # words of somebody else
_CLAUSE_END = re.compile(r"[.,;:!?\n]+")
_KEPT_WORDS = 4_096
_KEPT_TEXTS = 512  # an assistant says many sentences again and again
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")


def _table() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the emotions by word, and by the beginning of words."""
    pairs = [(word, name) for name, words in _WORDS.items() for word in words.split()]
    whole = {word: name for word, name in pairs if not word.endswith("*")}
    return whole, {word[:-1]: name for word, name in pairs if word.endswith("*")}


_WHOLE, _BEGINNINGS = _table()
_SHORTEST, _LONGEST = (pick(map(len, _BEGINNINGS)) for pick in (min, max))


def felt_in(text: str) -> Mapping[str, float] | None:
    """Return the scores of the emotions that a text names, or None if it names none.

    The first that is named leads, unless a later one is said with more force. An emotion that is
    denied ("not angry") does not count, nor what is quoted.
    """
    return _felt_in(text[:_HEARD])


@lru_cache(maxsize=_KEPT_TEXTS)
def _felt_in(text: str) -> Mapping[str, float] | None:
    if not any(map(_emotion, _WORD.findall(text.lower()))):
        return None  # as most texts name none
    scores: dict[str, float] = {}
    for name, strength in _named(text):
        scores.setdefault(name, strength * 0.8 ** len(scores))
    return scores or None


def _named(text: str) -> Iterator[tuple[str, float]]:
    """Yield each emotion that is named, with how strongly it is."""
    said = _QUOTED.sub(" ", text).lower().replace("’", "'")
    for clause in _CLAUSE_END.split(said):
        words = _WORD.findall(clause)
        for place, word in enumerate(words):
            name = _emotion(word)
            before = words[max(0, place - _REACH) : place]
            if name is not None and _NOT.isdisjoint(before):
                yield name, _STRENGTH if _MORE.isdisjoint(before) else _STRONGER


@lru_cache(maxsize=_KEPT_WORDS)
def _emotion(word: str) -> str | None:
    """Return the emotion that a word names."""
    found = _WHOLE.get(word)
    if found is not None:
        return found
    for length in range(min(_LONGEST, len(word)), _SHORTEST - 1, -1):
        found = _BEGINNINGS.get(word[:length])
        if found is not None:
            return found
    return None
