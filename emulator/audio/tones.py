"""Tones that stand for speech, as 16-bit mono PCM.

A sentence becomes a row of short tones, one for each syllable, and lasts as long as it would take
to say; the user's tones are low, the assistant's high.
"""

import math
from array import array
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from emulator.audio.wav import SAMPLE_BYTES, wav_header

SAMPLE_RATE = 16_000  # Hz, of the audio reconstruction
LIVE_SAMPLE_RATE = 48_000  # Hz, of audio_output (docs/protocol.md#audio-output)
_MS_PER_CHARACTER = 60  # about 165 words a minute
_SYLLABLE_MS = 180
_MOST_SYLLABLES = 660  # in one sentence
_CHUNK_SYLLABLES = 5  # in one audio_output: 0.9 s
_LOUDNESS = 0.25
PITCHES = {"USER": 196.0, "AGENT": 293.7}  # Hz


class Speech(Protocol):
    """Something that is said: its begin (ms from the start), its length (ms) and its sound."""

    @property
    def begin_ms(self) -> int: ...

    @property
    def duration_ms(self) -> int: ...

    def pcm(self, samples: int) -> Iterator[bytes]:
        """Yield the first samples of it, exactly so many."""
        ...


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of tones: its begin (ms from the start), its length (ms) and its pitch (Hz)."""

    begin_ms: int
    duration_ms: int
    pitch: float

    def pcm(self, samples: int) -> Iterator[bytes]:
        return _tones(self.pitch, samples)


def speech_ms(text: str) -> int:
    """Return how long a text takes to say (ms): whole syllables, at most two minutes."""
    syllables = -(-len(text) * _MS_PER_CHARACTER // _SYLLABLE_MS)
    return max(1, min(syllables, _MOST_SYLLABLES)) * _SYLLABLE_MS


def wav_chunks(duration_ms: int) -> Iterator[str]:
    """Yield the assistant's speech of that length as WAV files in base64 that play back to back."""
    syllables = duration_ms // _SYLLABLE_MS
    for _ in range(syllables // _CHUNK_SYLLABLES):
        yield _wav_chunk(_CHUNK_SYLLABLES)
    if syllables % _CHUNK_SYLLABLES:
        yield _wav_chunk(syllables % _CHUNK_SYLLABLES)


@cache
def _wav_chunk(syllables: int) -> str:
    samples = _syllable(PITCHES["AGENT"], LIVE_SAMPLE_RATE) * syllables
    return b64encode(wav_header(len(samples), LIVE_SAMPLE_RATE) + samples).decode()


def pcm(utterances: Sequence[Speech], duration_ms: int) -> Iterator[bytes]:
    """Yield PCM of that length in chunks: the utterances, and silence between them."""
    position, end = 0, _samples(duration_ms)
    for utterance in utterances:
        begin = min(max(_samples(utterance.begin_ms), position), end)
        stop = min(begin + _samples(utterance.duration_ms), end)
        yield from _silence(begin - position)
        yield from utterance.pcm(stop - begin)
        position = stop
    yield from _silence(end - position)


def pcm_bytes(duration_ms: int) -> int:
    """Return the size of `pcm` of that length."""
    return _samples(duration_ms) * SAMPLE_BYTES


def _samples(ms: int) -> int:
    return ms * SAMPLE_RATE // 1000


def _silence(samples: int) -> Iterator[bytes]:
    second = bytes(SAMPLE_RATE * SAMPLE_BYTES)
    for _ in range(samples // SAMPLE_RATE):
        yield second
    yield second[: samples % SAMPLE_RATE * SAMPLE_BYTES]


def _tones(pitch: float, samples: int) -> Iterator[bytes]:
    syllable = _syllable(pitch)
    whole, rest = divmod(samples * SAMPLE_BYTES, len(syllable))
    yield syllable * whole
    yield bytes(rest)


@cache
def _syllable(pitch: float, sample_rate: int = SAMPLE_RATE) -> bytes:
    """Return one tone that swells and fades."""
    count = _SYLLABLE_MS * sample_rate // 1000
    wave = (
        math.sin(math.pi * n / count) * math.sin(2 * math.pi * pitch * n / sample_rate)
        for n in range(count)
    )
    return array("h", (int(_LOUDNESS * 32767 * value) for value in wave)).tobytes()
