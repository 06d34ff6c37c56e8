"""Finds when somebody speaks: as a script says, or else by loudness.

The emulator understands no words (docs/fidelity.md#speech-in-measured-audio).
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from emulator.apis.expression.media import SAMPLES_IN_MS
from emulator.apis.expression.script import Speech

WINDOW_MS = 10
SHORTEST_MS = 60  # shorter sounds are clicks
SILENCE_MS = 500  # that ends an utterance
_WINDOW = WINDOW_MS * SAMPLES_IN_MS
_QUIET = bytes((*range(4), *range(252, 256)))  # high bytes of samples within 1024, or -30 dB


class Boundary(NamedTuple):
    """Speech begins or ends at a time of the audio (ms).

    `line` is the script's, if it has one; `mark` is a number that belongs to how the speech sounds.
    """

    at_ms: int
    is_start: bool
    line: Speech | None = None
    mark: int = 0


class SpeechSource(ABC):
    """Follows one recording or stream, and tells where speech begins and ends.

    `spoken_ms` is until when the speech under way is known to last (ms of the audio).
    """

    spoken_ms = 0

    @abstractmethod
    def hear(self, pcm: bytes, end_ms: int) -> Sequence[Boundary]:
        """Take the samples that follow, which end at a time of the audio (ms)."""


class ScriptedSpeech(SpeechSource):
    """Speech at the times that a script has."""

    def __init__(self, speech: Sequence[Speech]) -> None:
        self._waiting = deque(speech)
        self._is_speaking = False

    def hear(self, pcm: bytes, end_ms: int) -> Sequence[Boundary]:
        found: list[Boundary] = []
        while self._waiting and self._waiting[0].begin_ms < end_ms:
            line = self._waiting[0]
            if not self._is_speaking:
                found.append(Boundary(line.begin_ms, True, line))
                self._is_speaking = True
            if line.end_ms is None or line.end_ms > end_ms:
                break
            found.append(Boundary(line.end_ms, False))
            self._waiting.popleft()
            self._is_speaking = False
        self.spoken_ms = end_ms
        return found


class LoudSpeech(SpeechSource):
    """Speech wherever the sound is loud, but for pauses shorter than half a second."""

    def __init__(self) -> None:
        self._rest = b""  # high bytes of samples that make no window yet
        self._position_ms = 0
        self._begin_ms: int | None = None  # of the sound under way
        self._loud_ms = 0
        self._has_begun = False  # the sound is long enough for speech
        self._mark = 0

    def hear(self, pcm: bytes, end_ms: int) -> Sequence[Boundary]:
        levels = self._rest + pcm[1::2]
        whole = len(levels) - len(levels) % _WINDOW
        self._rest = levels[whole:]
        if self._begin_ms is None and not levels.translate(None, _QUIET):
            self._position_ms += whole // SAMPLES_IN_MS
            return ()
        found: list[Boundary] = []
        for at in range(0, whole, _WINDOW):
            self._position_ms += WINDOW_MS
            window = levels[at : at + _WINDOW]
            if window.translate(None, _QUIET):
                self._hear_loud(window, found)
            elif self._begin_ms is not None:
                self._hear_silence(found)
        return found

    def _hear_loud(self, window: bytes, found: list[Boundary]) -> None:
        if self._begin_ms is None:
            self._begin_ms, self._loud_ms, self._mark = self._position_ms - WINDOW_MS, 0, 0
        self.spoken_ms = self._position_ms
        self._loud_ms += WINDOW_MS
        if self._has_begun:
            return
        self._mark = crc32(window, self._mark)
        if self._loud_ms >= SHORTEST_MS:
            self._has_begun = True
            found.append(Boundary(self._begin_ms, True, mark=self._mark))

    def _hear_silence(self, found: list[Boundary]) -> None:
        if self._position_ms - self.spoken_ms < SILENCE_MS:
            return
        if self._has_begun:
            found.append(Boundary(self.spoken_ms, False))
        self._begin_ms, self._has_begun = None, False
