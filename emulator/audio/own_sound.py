"""The sound that a text was given, instead of tones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.audio.wav import SAMPLE_BYTES

if TYPE_CHECKING:
    from emulator.audio.speech import Word
    from emulator.audio.timbre import Timbre

_PIECE = 96_000  # bytes: a second


@dataclass(frozen=True, slots=True)
class OwnSound:
    """A text's sound, as PCM of 48 kHz; its words are spread over it as in ordinary speech."""

    text: str
    pcm: bytes
    silence_samples: int = 0  # after it

    @property
    def samples(self) -> int:
        """Return its length."""
        return len(self.pcm) // SAMPLE_BYTES + self.silence_samples

    def words(self) -> "Iterator[Word]":
        """Yield the words; their times are those of ordinary speech, scaled to the sound."""
        from emulator.audio.speech import Phoneme, Speech, Word  # states hold sounds before that

        speech = Speech(self.text)
        scale = len(self.pcm) // SAMPLE_BYTES / max(1, speech.samples)
        for word in speech.words():
            phonemes = tuple(
                Phoneme(each.text, int(each.begin_ms * scale), int(each.end_ms * scale))
                for each in word.phonemes
            )
            yield Word(word.text, int(word.begin_ms * scale), int(word.end_ms * scale), phonemes)

    def sound(self, timbre: "Timbre") -> Iterator[bytes]:
        """Yield its PCM, whatever the voice."""
        for begin in range(0, len(self.pcm), _PIECE):
            yield self.pcm[begin : begin + _PIECE]
        yield bytes(self.silence_samples * SAMPLE_BYTES)
