"""Texts of all kinds, and what their sound is made of."""

from array import array
from collections.abc import Sequence

from hypothesis import strategies as st

from emulator.audio.speech import Speech

ODD = [
    "",
    " ",
    "\0",
    "...",
    "🚲👩‍👩‍👧",
    "\u0301\u0301",
    "_",
    "'-'",
    "<speak>Hi<break time='1s'/> there</speak>",
    "שָׁלוֹם \u202eעולם",
    "ｶﾞギ漢字かな交じり文。",
    "हिन्दी में",
    "İstanbul I\u0307",
    "a" * 700,
    "x" * 80,
    "na\u0308ive co-op isn\u2019t 3.14",
    "\ud800 alone",
]
_WORDS = st.sampled_from(["My", "friend", "the", "quick", "box", "rhythm", "漢字", "don't", "7"])
_ENGLISH = st.lists(_WORDS | st.sampled_from([", ", ". ", " ", "\n\n", "?!"])).map("".join)
TEXTS = _ENGLISH | st.text() | st.sampled_from(ODD)
SPEEDS = st.floats(0.25, 3)
SPEECHES = st.builds(
    Speech,
    text=TEXTS,
    speed=SPEEDS,
    trailing_silence_s=st.just(0.0) | st.floats(0, 5),
    variant=st.integers(0, 5),
)


def peak(samples: Sequence[int]) -> int:
    """The highest sample, or the lowest."""
    return max(map(abs, samples), default=0)


def samples_of(pcm: bytes) -> "array[int]":
    """The samples of PCM."""
    return array("h", pcm)
