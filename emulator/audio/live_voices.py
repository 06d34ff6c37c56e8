"""How the two sides of a chat sound: live, in its reconstruction, and for how long.

Tones are made of whole syllables; a speaker's voice lasts as long as its sound.
"""

from array import array
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from emulator.audio import tones
from emulator.audio.tones import LIVE_SAMPLE_RATE, Speech
from emulator.audio.wav import SAMPLE_BYTES, wav_header

if TYPE_CHECKING:
    from emulator.audio.own_sound import OwnSound
    from emulator.audio.sound import Sound, Speaker
    from emulator.audio.timbre import Timbre

_CHUNK_BYTES = LIVE_SAMPLE_RATE * SAMPLE_BYTES * 9 // 10  # of one audio_output: 0.9 s
_MOST_CHUNKS = 132  # of one sentence: two minutes, as for tones
_MOST_MS = 900 * _MOST_CHUNKS
_STEP = LIVE_SAMPLE_RATE // tones.SAMPLE_RATE


class LiveVoice(Protocol):
    """Says the sentences of one side of a chat."""

    def speech_ms(self, text: str) -> int:
        """Return how long a sentence takes to say (ms); at most two minutes."""
        ...

    def wav_chunks(self, text: str) -> Iterator[str]:
        """Yield a sentence as WAV files in base64 that play back to back, each of 0.9 s."""
        ...

    def unprepared(self, text: str) -> "Sound | None":
        """Return the sound of a sentence if a server must say it first."""
        ...

    def utterance(self, text: str, begin_ms: int) -> Speech:
        """Return a sentence as the reconstruction has it, `begin_ms` after the chat's start."""
        ...


@dataclass(frozen=True, slots=True)
class ToneVoice:
    """Says sentences in tones of one pitch (Hz)."""

    pitch: float

    def speech_ms(self, text: str) -> int:
        return tones.speech_ms(text)

    def wav_chunks(self, text: str) -> Iterator[str]:
        return tones.wav_chunks(tones.speech_ms(text))

    def unprepared(self, text: str) -> "Sound | None":
        return None

    def utterance(self, text: str, begin_ms: int) -> Speech:
        return tones.Utterance(begin_ms, tones.speech_ms(text), self.pitch)


@dataclass(frozen=True, slots=True)
class SpokenVoice:
    """Says sentences as a speaker does in one voice."""

    speaker: "Speaker"
    timbre: "Timbre"

    def speech_ms(self, text: str) -> int:
        return min(_MOST_MS, max(1, self._sound(text).samples * 1000 // LIVE_SAMPLE_RATE))

    def wav_chunks(self, text: str) -> Iterator[str]:
        for pcm in self.chunks(text):
            yield b64encode(wav_header(len(pcm), LIVE_SAMPLE_RATE) + pcm).decode()

    def unprepared(self, text: str) -> "Sound | None":
        return None

    def utterance(self, text: str, begin_ms: int) -> Speech:
        return _Utterance(begin_ms, text, self)

    def chunks(self, text: str) -> Iterator[bytes]:
        """Yield PCM of 48 kHz, 0.9 s at a time."""
        held, chunks = b"", 0
        for piece in self._sound(text).sound(self.timbre):
            held += piece
            while len(held) >= _CHUNK_BYTES:
                yield held[:_CHUNK_BYTES]
                held, chunks = held[_CHUNK_BYTES:], chunks + 1
                if chunks == _MOST_CHUNKS:
                    return
        if held:
            yield held

    def _sound(self, text: str) -> "Sound":
        return self.speaker.speak(text, self.timbre)


@dataclass(frozen=True, slots=True)
class VoiceWithSounds:
    """Says the texts that were given a sound with it, and all others as a voice does."""

    voice: LiveVoice
    sounds: "Mapping[str, OwnSound]"
    timbre: "Timbre"  # any: a sound is the same in each

    def speech_ms(self, text: str) -> int:
        return self._voice(text).speech_ms(text)

    def wav_chunks(self, text: str) -> Iterator[str]:
        return self._voice(text).wav_chunks(text)

    def unprepared(self, text: str) -> "Sound | None":
        return self._voice(text).unprepared(text)

    def utterance(self, text: str, begin_ms: int) -> Speech:
        return self._voice(text).utterance(text, begin_ms)

    def _voice(self, text: str) -> LiveVoice:
        sound = self.sounds.get(text.strip())
        return self.voice if sound is None else SpokenVoice(_Given(sound), self.timbre)


@dataclass(frozen=True, slots=True)
class _Given:
    """A speaker that knows one sound."""

    sound: "OwnSound"
    takes_time: bool = False

    def speak(
        self,
        text: str,
        timbre: "Timbre",
        speed: float = 1.0,
        trailing_silence_s: float = 0.0,
        variant: int = 0,
    ) -> "Sound":
        return self.sound


@dataclass(frozen=True, slots=True)
class _Utterance:
    """A sentence that a speaker says; it is said once it is listened to."""

    begin_ms: int
    text: str
    voice: SpokenVoice

    @property
    def duration_ms(self) -> int:
        return self.voice.speech_ms(self.text)

    def pcm(self, samples: int) -> Iterator[bytes]:
        left = samples * SAMPLE_BYTES
        for chunk in self.voice.chunks(self.text):
            piece = array("h", chunk)[::_STEP].tobytes()[:left]
            left -= len(piece)
            yield piece
        yield bytes(left)


USER_TONES = ToneVoice(tones.PITCHES["USER"])
ASSISTANT_TONES = ToneVoice(tones.PITCHES["AGENT"])
