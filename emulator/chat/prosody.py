"""Emotion scores: the 48 names, and plausible values for all of them (PROTOCOL 6.4)."""

import json
import struct
from collections.abc import Mapping

from emulator.ids import derived_random

EMOTIONS = (
    "Admiration", "Adoration", "Aesthetic Appreciation", "Amusement", "Anger", "Anxiety", "Awe",
    "Awkwardness", "Boredom", "Calmness", "Concentration", "Confusion", "Contemplation",
    "Contempt", "Contentment", "Craving", "Desire", "Determination", "Disappointment", "Disgust",
    "Distress", "Doubt", "Ecstasy", "Embarrassment", "Empathic Pain", "Entrancement", "Envy",
    "Excitement", "Fear", "Guilt", "Horror", "Interest", "Joy", "Love", "Nostalgia", "Pain",
    "Pride", "Realization", "Relief", "Romance", "Sadness", "Satisfaction", "Shame",
    "Surprise (negative)", "Surprise (positive)", "Sympathy", "Tiredness", "Triumph",
)  # fmt: skip
_FAINT = 0.08  # what is not named scores below this


def fill_scores(strongest: Mapping[str, float], *place: str | int) -> dict[str, float]:
    """All 48 scores: those given, and faint ones for the others, always the same for a `place`."""
    random = derived_random("prosody", *place)
    return {
        name: strongest[name] if name in strongest else _half_precision(_FAINT * random.random())
        for name in EMOTIONS
    }


def emotion_features(scores: Mapping[str, float]) -> str:
    """Scores as an event's `emotion_features`: a JSON text."""
    return json.dumps(scores)


def _half_precision(value: float) -> float:
    """Recorded scores are 16-bit floating-point numbers."""
    rounded: float = struct.unpack("e", struct.pack("e", value))[0]
    return rounded
