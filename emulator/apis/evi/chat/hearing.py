"""Detects when the user speaks, and when a turn is over (docs/protocol.md#audio-input).

Only loudness counts: the emulator understands no words.
"""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from emulator.apis.evi.chat.recorder import Recorder
from emulator.audio.peaks import loud_part

WINDOW_MS = 10
SHORTEST_TURN_MS = 60  # shorter sounds are clicks
_SILENT_DB, _LOUD_DB = (
    -50.0,
    -10.0,
)  # of full scale: peaks that are surely not speech, surely speech


@dataclass(frozen=True, slots=True)
class TurnDetection:
    """The turn detection of a config: times in ms, the threshold from 0 to 1."""

    end_of_turn_silence_ms: int = 800
    speech_detection_threshold: float = 0.5
    prefix_padding_ms: int = 300

    @property
    def loudness(self) -> int:
        """Return the peak (of 32767) from which a sound is speech."""
        share = self.speech_detection_threshold
        decibels = _SILENT_DB + (_LOUD_DB - _SILENT_DB) * share
        return round(32767 * math.pow(10, decibels / 20))


@dataclass(frozen=True, slots=True)
class Speaking:
    """The user has been speaking for so long (ms)."""

    spoken_ms: int


@dataclass(frozen=True, slots=True)
class TurnOver:
    """The user spoke, and is silent now; `begin_ms` and `end_ms` are in the audio's own time."""

    begin_ms: int
    end_ms: int
    spoken_ms: int


Sound: TypeAlias = Speaking | TurnOver


class Ear:
    """Listens to one user's PCM: 16-bit mono at `sample_rate` (Hz)."""

    def __init__(self, detection: TurnDetection, recorder: Recorder | None = None) -> None:
        """Take what ends a turn; a recorder gets all that is heard."""
        self._detection = detection
        self._recorder = recorder
        self._loud = loud_part(detection.loudness)
        self._rest = array("h")
        self._position_ms = 0
        self._begin_ms: int | None = None
        self._end_ms = 0
        self._spoken_ms = 0

    @property
    def is_hearing(self) -> bool:
        """True if a turn is under way."""
        return self._begin_ms is not None

    def listen(self, samples: array, sample_rate: int) -> Iterator[Sound]:  # type: ignore[type-arg]
        """Yield what is heard in the samples, which follow the earlier ones."""
        size = max(1, sample_rate * WINDOW_MS // 1000)
        samples = self._rest + samples if self._rest else samples
        whole = len(samples) - len(samples) % size
        is_silent = not self._loud.is_in(samples)  # a call is silent most of the time
        for begin in range(0, whole, size):
            window = samples[begin : begin + size]
            if self._recorder is not None:
                self._recorder.add(window, sample_rate, self.is_hearing)
            sound = self._window(not is_silent and self._loud.is_in(window))
            if sound is not None:
                yield sound
        self._rest = samples[whole:]

    def stop(self) -> TurnOver | None:
        """Return the turn under way, if there is one, as over: no more sound comes."""
        return self._over() if self.is_hearing else None

    def _window(self, loud: bool) -> Sound | None:
        self._position_ms += WINDOW_MS
        if loud:
            if self._begin_ms is None:
                begin_ms = self._position_ms - WINDOW_MS - self._detection.prefix_padding_ms
                self._begin_ms, self._spoken_ms = max(0, begin_ms), 0
            self._end_ms = self._position_ms
            self._spoken_ms += WINDOW_MS
            return Speaking(self._spoken_ms)
        silence_ms = self._position_ms - self._end_ms
        if self.is_hearing and silence_ms >= self._detection.end_of_turn_silence_ms:
            return self._over()
        return None

    def _over(self) -> TurnOver | None:
        assert self._begin_ms is not None
        begin_ms, self._begin_ms = self._begin_ms, None
        if self._spoken_ms < SHORTEST_TURN_MS:
            return None
        return TurnOver(begin_ms, self._end_ms, self._spoken_ms)
