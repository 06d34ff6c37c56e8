"""Measures audio: finds its utterances, and measures each at the timer's times and at its end.

The rules are those of docs/protocol.md#how-audio-is-measured. A file and a stream are measured by
the same code, so they have the same results.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from emulator.apis.expression.configuration import AudioSettings
from emulator.apis.expression.media import SAMPLE_BYTES, SAMPLES_IN_MS
from emulator.apis.expression.scores import AUDIO, VOICE, in_order, seeded
from emulator.apis.expression.script import MeasurementScript, Speech
from emulator.apis.expression.speech import Boundary, LoudSpeech, ScriptedSpeech, SpeechSource
from emulator.jsontext import JsonObject

LONGEST_SPAN_MS = 10_000  # of the audio that one measurement covers
_FRESH_MS = 1_000  # a measurement that ended later than this before the end needs no other one

Trigger: TypeAlias = Literal["interval", "speech_ended"]


@dataclass(frozen=True, slots=True)
class UtteranceStart:
    """Somebody began to speak, at a time of the audio (ms)."""

    id: int
    start_ms: int

    def to_json(self) -> JsonObject:
        """Return the utterance as its message shows it."""
        return {"utterance_id": self.id, "audio_start_ms": self.start_ms}


@dataclass(frozen=True, slots=True)
class UtteranceEnd:
    """An utterance is over."""

    id: int
    start_ms: int
    end_ms: int

    def to_json(self) -> JsonObject:
        """Return the utterance as its message, or the answer about a file, shows it."""
        return {
            "utterance_id": self.id,
            "audio_start_ms": self.start_ms,
            "audio_end_ms": self.end_ms,
        }


@dataclass(frozen=True, slots=True)
class Measurement:
    """The scores of a voice in a span of the audio."""

    id: int
    utterance_id: int
    start_ms: int
    end_ms: int
    trigger: Trigger
    expressions: Sequence[JsonObject]
    voice: Sequence[JsonObject]

    def to_json(self) -> JsonObject:
        """Return the measurement as its message, or the answer about a file, shows it."""
        return {
            "measurement_id": self.id,
            "utterance_id": self.utterance_id,
            "audio_start_ms": self.start_ms,
            "audio_end_ms": self.end_ms,
            "trigger": self.trigger,
            "expressions": list(self.expressions),
            "voice_attributes": list(self.voice),
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """The measurement fails, as a script says: nothing follows."""


Found: TypeAlias = UtteranceStart | Measurement | UtteranceEnd
Heard: TypeAlias = Found | Failure


@dataclass(slots=True)
class _Utterance:
    """The utterance under way."""

    id: int
    start_ms: int
    line: Speech | None
    mark: int  # of its sound
    due_ms: int  # of the next measurement by the timer
    measured_ms: int | None = None  # the end of the last measurement


class UtteranceMeasurer:
    """Measures one recording or stream, of which it is given the samples piece by piece."""

    def __init__(self, settings: AudioSettings, script: MeasurementScript, seed: str) -> None:
        self._timer_ms = settings.measurement_timer_ms
        self._source: SpeechSource = (
            LoudSpeech() if script.speech is None else ScriptedSpeech(script.speech)
        )
        self._failure_ms = next(iter(script.failures_ms), None)
        self._seed = seed
        self._samples = 0
        self._utterance: _Utterance | None = None
        self.utterances = 0
        self.measurements = 0

    @property
    def heard_ms(self) -> int:
        """Return how much audio was taken (ms)."""
        return self._samples // SAMPLES_IN_MS

    def take(self, pcm: bytes) -> Iterator[Heard]:
        """Take samples, and yield what is heard in them, in order."""
        self._samples += len(pcm) // SAMPLE_BYTES
        end_ms = self.heard_ms
        if self._failure_ms is not None and end_ms >= self._failure_ms:
            yield Failure()
            return
        for boundary in self._source.hear(pcm, end_ms):
            yield from self._begin(boundary) if boundary.is_start else self._end(boundary.at_ms)
        yield from self._by_timer(self._source.spoken_ms)

    def finish(self) -> Iterator[Found]:
        """Yield what the end of the audio brings: it ends an utterance."""
        yield from self._end(self._source.spoken_ms)

    def _begin(self, boundary: Boundary) -> Iterator[Found]:
        begin_ms = boundary.at_ms
        self._utterance = _Utterance(
            self.utterances, begin_ms, boundary.line, boundary.mark, begin_ms + self._timer_ms
        )
        self.utterances += 1
        yield UtteranceStart(self._utterance.id, begin_ms)

    def _by_timer(self, spoken_ms: int) -> Iterator[Found]:
        """Yield the measurements whose time has come, of speech until `spoken_ms`."""
        utterance = self._utterance
        while utterance is not None and utterance.due_ms <= spoken_ms:
            yield self._measure(utterance, utterance.due_ms, "interval")
            utterance.due_ms += self._timer_ms

    def _end(self, end_ms: int) -> Iterator[Found]:
        utterance = self._utterance
        if utterance is None:
            return
        yield from self._by_timer(end_ms)
        self._utterance = None
        last_ms = utterance.measured_ms
        if last_ms is None or end_ms - last_ms >= _FRESH_MS:
            yield self._measure(utterance, end_ms, "speech_ended")
        yield UtteranceEnd(utterance.id, utterance.start_ms, end_ms)

    def _measure(self, utterance: _Utterance, end_ms: int, trigger: Trigger) -> Measurement:
        start_ms = max(utterance.start_ms, end_ms - LONGEST_SPAN_MS)
        utterance.measured_ms = end_ms
        line, place = utterance.line, (utterance.id, start_ms, end_ms)
        seed = f"{self._seed}/{utterance.mark}"
        expressions = None if line is None else line.expressions
        voice = None if line is None else line.voice
        measurement = Measurement(
            self.measurements,
            utterance.id,
            start_ms,
            end_ms,
            trigger,
            seeded(AUDIO, seed, *place) if expressions is None else in_order(expressions),
            seeded(VOICE, seed, *place) if voice is None else in_order(voice),
        )
        self.measurements += 1
        return measurement
