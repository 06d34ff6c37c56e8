"""Keeps the sound of what a user says until it is in words. Only with ears is there one."""

from array import array

from emulator.apis.evi.ears.utterance import Recording

MOST_SAMPLES = 240 * 48_000  # of one turn: four minutes at 48 kHz (23 MB)


class Recorder:
    """Takes windows of PCM, of which it keeps the turn under way and a little before it.

    Of a turn that is too long it keeps the beginning.
    """

    def __init__(self, before: int) -> None:
        """Take the number of windows before a turn's first sound that belong to it."""
        self._before = before
        self._samples = array("h")
        self._window_size = 1
        self._sample_rate = 0
        self._heard = 0  # windows, since the beginning
        self._first = 0  # the window that is the first in `_samples`

    def add(self, window: array, sample_rate: int, is_hearing: bool) -> None:  # type: ignore[type-arg]
        """Take the next window; `is_hearing` is True in the middle of a turn."""
        if sample_rate != self._sample_rate:
            self._sample_rate, self._window_size = sample_rate, len(window)
            self._forget()
        self._heard += 1
        if not is_hearing and len(self._samples) >= 2 * self._before * self._window_size:
            self._keep_last(self._before)
        if len(self._samples) < MOST_SAMPLES:
            self._samples += window

    def take(self, begin: int, end: int) -> Recording:
        """Return the sound from one window up to another, and forget it."""
        size = self._window_size
        first, last = (max(0, place - self._first) * size for place in (begin, end))
        pcm = self._samples[first:last].tobytes()
        if self._first + len(self._samples) // size == self._heard:
            self._keep_last(self._before)
        else:
            self._forget()
        return Recording(pcm, self._sample_rate)

    def _keep_last(self, count: int) -> None:
        """Forget all but the last windows."""
        surplus = len(self._samples) // self._window_size - count
        if surplus > 0:
            del self._samples[: surplus * self._window_size]
            self._first += surplus

    def _forget(self) -> None:
        self._samples = array("h")
        self._first = self._heard
