"""Scores: which of them a result holds, in which order, and seeded ones without a script.

Scores belong to a seed and a place, so that the same media have the same scores in every run.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from emulator.apis.expression.vocabulary import (
    AUDIO_EXPRESSIONS,
    FACE_DESCRIPTIONS,
    FACE_EXPRESSIONS,
    VOICE_ATTRIBUTES,
)
from emulator.ids import derived_random
from emulator.jsontext import JsonObject
from emulator.settings import Settings

_DIGITS = 4
_LEAST_OF_AUDIO = (0.2, 0.5)  # from where each expression counts, which differs by its name
_NOISE = 0.08  # by which a probability differs from one measurement to the next
_CHARACTERS_KEPT = 256  # of voices and faces that were measured of late


class Score(NamedTuple):
    """One name, and how probable it is that somebody would say it of this voice or face."""

    name: str
    probability: float

    def to_json(self) -> JsonObject:
        """Return the score as a result shows it."""
        return {"name": self.name, "probability": self.probability}


class Kind(NamedTuple):
    """One list of scores: its names, and from which probability they are in results."""

    names: Sequence[str]
    least: float | None  # None: each name has its own
    is_above: bool = False  # True if a probability must be above the least

    def passes(self, score: Score) -> bool:
        """True if the score is in a result."""
        least = _own_least(score.name) if self.least is None else self.least
        return score.probability > least or (not self.is_above and score.probability == least)


AUDIO = Kind(AUDIO_EXPRESSIONS, None)
VOICE = Kind(VOICE_ATTRIBUTES, 0.725)
FACE = Kind(FACE_EXPRESSIONS, 0.1, is_above=True)
DESCRIPTION = Kind(FACE_DESCRIPTIONS, 0.1, is_above=True)


@lru_cache(_CHARACTERS_KEPT)
def _own_least(name: str) -> float:
    return derived_random("threshold", name).uniform(*_LEAST_OF_AUDIO)


def seed_of(settings: Settings, endpoint: str) -> str:
    """Return the seed of what is measured in a world: of files and of sessions alike."""
    return f"{settings.random_seed}/{endpoint}"


def in_order(scores: Sequence[Score]) -> list[JsonObject]:
    """Return scores as a result lists them: the most probable first, then by name."""
    ordered = sorted(scores, key=lambda score: (-score.probability, score.name))
    return [score.to_json() for score in ordered]


def seeded(kind: Kind, seed: str, who: int, *moment: int) -> list[JsonObject]:
    """Return the scores of a voice or face at a moment, as a result lists them.

    `who` is an utterance or a face, whose measurements resemble each other.
    """
    random = derived_random("moment", seed, who, *kind.names[:1], *moment)
    scores = [
        Score(name, round(min(1, max(0, usual + random.gauss(0, _NOISE))), _DIGITS))
        for name, usual in zip(kind.names, _usual(kind.names, kind.least, seed, who), strict=True)
    ]
    return in_order([score for score in scores if kind.passes(score)])


@lru_cache(_CHARACTERS_KEPT)
def _usual(names: tuple[str, ...], least: float | None, seed: str, who: int) -> tuple[float, ...]:
    """Return how probable each name is in general: few are likely, and one nearly always is."""
    random = derived_random("character", seed, who, *names[:1])
    usual = [random.betavariate(0.6, 3) for _ in names]
    usual[random.randrange(len(names))] = random.uniform(max(0.6, least or 0), 0.95)
    return tuple(usual)
