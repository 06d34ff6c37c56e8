"""How the two sides of a chat sound."""

import wave
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pytest

from emulator.audio import tones
from emulator.audio.live_voices import ASSISTANT_TONES, USER_TONES, SpokenVoice
from emulator.audio.sound import Sound
from emulator.audio.speech import Word
from emulator.audio.timbre import Timbre, timbre_of


@dataclass(frozen=True)
class Hum:
    """A sound of so many samples, each of which has the same value."""

    samples: int

    def words(self) -> Iterator[Word]:
        yield from ()

    def sound(self, timbre: Timbre) -> Iterator[bytes]:
        for begin in range(0, self.samples, 48_000):
            yield b"\1\2" * min(48_000, self.samples - begin)


class Hummer:
    """Hums for as many ms as a text says."""

    takes_time = False

    def speak(
        self,
        text: str,
        timbre: Timbre,
        speed: float = 1.0,
        trailing_silence_s: float = 0.0,
        variant: int = 0,
    ) -> Sound:
        return Hum(int(text) * 48)


VOICE = SpokenVoice(Hummer(), timbre_of("x"))


def frames(data: str) -> bytes:
    with wave.open(BytesIO(b64decode(data))) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (48_000, 2, 1)
        return bytes(file.readframes(file.getnframes()))


def test_tones_are_as_they_were() -> None:
    """A sentence without a voice has the same chunks and the same length as ever."""
    for text in ("Hm", "Hello there, how are you?"):
        assert ASSISTANT_TONES.speech_ms(text) == tones.speech_ms(text)
        assert list(ASSISTANT_TONES.wav_chunks(text)) == list(
            tones.wav_chunks(tones.speech_ms(text))
        )
        utterance = tones.Utterance(5, tones.speech_ms(text), tones.PITCHES["USER"])
        assert USER_TONES.utterance(text, 5) == utterance


@pytest.mark.parametrize(
    ("ms", "chunks"),
    [(1, [1]), (900, [900]), (2_000, [900, 900, 200]), (200_000, [900] * 132)],
)
def test_spoken_chunks(ms: int, chunks: list[int]) -> None:
    """They last 0.9 s each, and together as long as the sound, but about two minutes at most."""
    made = [len(frames(data)) // 96 for data in VOICE.wav_chunks(str(ms))]
    assert made == chunks
    assert VOICE.speech_ms(str(ms)) == sum(chunks)


def test_spoken_reconstruction() -> None:
    """A sentence is where it was said, at 16 kHz; one that is cut off ends there."""
    said = [VOICE.utterance("1000", 500), VOICE.utterance("5000", 2_000)]
    samples = b"".join(tones.pcm(said, 3_000))

    assert len(samples) == tones.pcm_bytes(3_000)
    hum = [samples[begin * 32 : end * 32] for begin, end in ((500, 1_500), (2_000, 3_000))]
    assert set(hum) == {b"\1\2" * 16_000}
    assert not any(samples[: 500 * 32])
    assert not any(samples[1_500 * 32 : 2_000 * 32])
