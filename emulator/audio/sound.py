"""Sounds of texts, and the speakers that make them."""

from collections.abc import Iterator
from typing import Protocol

from emulator.audio.speech import Speech, Word
from emulator.audio.timbre import Timbre


class Sound(Protocol):
    """The sound of a text: its length in samples of 48 kHz, its words, its PCM in pieces."""

    @property
    def samples(self) -> int: ...

    def words(self) -> Iterator[Word]: ...

    def sound(self, timbre: Timbre) -> Iterator[bytes]: ...


class Speaker(Protocol):
    """Says texts. One that `takes_time` does so in a thread where many wait for other things."""

    @property
    def takes_time(self) -> bool: ...

    def speak(
        self,
        text: str,
        timbre: Timbre,
        speed: float = 1.0,
        trailing_silence_s: float = 0.0,
        variant: int = 0,
    ) -> Sound:
        """Return a text as a voice says it, with silence after it; variants differ a little."""
        ...


class Tones:
    """Says texts in tones."""

    takes_time = False

    def speak(
        self,
        text: str,
        timbre: Timbre,
        speed: float = 1.0,
        trailing_silence_s: float = 0.0,
        variant: int = 0,
    ) -> Sound:
        """Return the tones of a text, which last equally long in every voice."""
        return Speech(text, speed, trailing_silence_s, variant)
