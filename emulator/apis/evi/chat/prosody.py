"""Emotion scores: the 48 names, and plausible values for all of them.

Facts: docs/protocol.md#messages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from emulator.errors import closest
from emulator.ids import derived_bytes
from emulator.jsontext import Fragment, render

EMOTIONS = (
    "Admiration", "Adoration", "Aesthetic Appreciation", "Amusement", "Anger", "Anxiety", "Awe",
    "Awkwardness", "Boredom", "Calmness", "Concentration", "Confusion", "Contemplation",
    "Contempt", "Contentment", "Craving", "Desire", "Determination", "Disappointment", "Disgust",
    "Distress", "Doubt", "Ecstasy", "Embarrassment", "Empathic Pain", "Entrancement", "Envy",
    "Excitement", "Fear", "Guilt", "Horror", "Interest", "Joy", "Love", "Nostalgia", "Pain",
    "Pride", "Realization", "Relief", "Romance", "Sadness", "Satisfaction", "Shame",
    "Surprise (negative)", "Surprise (positive)", "Sympathy", "Tiredness", "Triumph",
)  # fmt: skip


_PLACES = {name: place for place, name in enumerate(EMOTIONS)}


def _form(quote: str, colon: str, comma: str) -> list[str]:
    """Return the parts of a JSON object, with an empty string instead of each score."""
    names = [f"{quote}{name}{quote}{colon}" for name in EMOTIONS]
    gaps = [part for name in names for part in (comma + name, "")]
    return ["{" + names[0], *gaps[1:], "}"]


_COMPACT = _form('"', ":", ",")
_SPACED = _form('\\"', ": ", ", ")  # in a string


@dataclass(slots=True)
class Scores:
    """The scores of all 48 emotions, as JSON texts in the order of EMOTIONS.

    A message shows them twice. To join texts costs much less than to render numbers.
    """

    texts: list[str]

    def to_json(self) -> Fragment:
        """Return them as the JSON object of a frame."""
        return Fragment(self._in(_COMPACT))

    def to_features(self) -> Fragment:
        """Return them as an event's `emotion_features`: JSON text with spaces, in a string."""
        return Fragment(f'"{self._in(_SPACED)}"')

    def _in(self, form: list[str]) -> str:
        parts = form.copy()
        parts[1::2] = self.texts
        return "".join(parts)

    def to_list(self) -> list[float]:
        return list(map(float, self.texts))

    def to_dict(self) -> dict[str, float]:
        return dict(zip(EMOTIONS, self.to_list(), strict=True))


# Scores are 16-bit floating-point numbers. They can hold these values, and multiples of 1/1024.
_FAINT = tuple(render(byte / 256 * 5 / 64).decode() for byte in range(256))


def fill_scores(strongest: Mapping[str, float], *place: str | int) -> Scores:
    """Return all 48 scores: the given ones, and faint ones that depend on `place` alone."""
    drawn = derived_bytes(len(EMOTIONS), "prosody", *place)
    return _fill(drawn, ((name, render(score).decode()) for name, score in strongest.items()))


def _fill(drawn: bytes, strongest: Iterable[tuple[str, str]]) -> Scores:
    """Return a faint score for each drawn byte, except for the given ones."""
    texts = [_FAINT[byte] for byte in drawn]
    for name, text in strongest:
        texts[_PLACES[name]] = text
    return Scores(texts)


_NAMED = 0.6  # the score of an emotion that is named without one

# The moods of the two sides where a script names none; one is drawn for each message.
USER_MOODS: tuple[Mapping[str, float], ...] = (
    {"Interest": 0.42, "Calmness": 0.3, "Concentration": 0.18},
    {"Calmness": 0.45, "Contentment": 0.24, "Interest": 0.2},
    {"Interest": 0.38, "Joy": 0.26, "Excitement": 0.16},
    {"Concentration": 0.4, "Contemplation": 0.31, "Doubt": 0.14},
)
ASSISTANT_MOODS: tuple[Mapping[str, float], ...] = (
    {"Interest": 0.48, "Calmness": 0.29, "Concentration": 0.17},
    {"Joy": 0.41, "Contentment": 0.28, "Calmness": 0.18},
    {"Calmness": 0.5, "Interest": 0.27, "Sympathy": 0.15},
    {"Determination": 0.33, "Interest": 0.3, "Satisfaction": 0.2},
)


def read_mood(mood: str | Mapping[str, float]) -> Mapping[str, float]:
    """Return scores by emotion for a mood: one emotion's name, or scores. Raises ValueError."""
    if not isinstance(mood, str | Mapping):
        raise ValueError(f"a mood is an emotion's name, or scores by emotion, got {mood!r}")
    scores = {mood: _NAMED} if isinstance(mood, str) else dict(mood)
    for name, score in scores.items():
        if name not in EMOTIONS:
            raise ValueError(f"no emotion {name!r}{closest(name, EMOTIONS)}")
        if isinstance(score, bool) or not isinstance(score, int | float):
            raise ValueError(f"a score is a number from 0 to 1, got {score!r} for {name}")
        if not 0 <= score <= 1:
            raise ValueError(f"a score is from 0 to 1, got {score} for {name}")
    return scores


def sound_like(
    mood: Mapping[str, float] | None, usual: Sequence[Mapping[str, float]], *place: str | int
) -> Scores:
    """Return a message's 48 scores in a mood, or in one of the `usual` ones.

    `place` picks the usual one. The strongest scores vary a little, so that no two messages have
    the same.
    """
    drawn = derived_bytes(len(EMOTIONS) + 1, "prosody", *place)
    chosen = usual[drawn[-1] % len(usual)] if mood is None else mood
    pairs = zip(chosen.items(), drawn, strict=False)
    varied = [(name, _varied(score, byte)) for (name, score), byte in pairs]
    return _fill(drawn[: len(EMOTIONS)], varied)


@lru_cache(maxsize=8_192)  # there are few moods, which have two to four scores
def _varied(score: float, byte: int) -> str:
    """Return a score as JSON text, varied by up to 8 %."""
    return render(min(1.0, round(score * (942 + byte * 0.64)) / 1024)).decode()
