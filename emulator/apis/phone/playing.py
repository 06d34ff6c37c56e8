"""The sound that Twilio was sent and still has to play."""

from emulator.audio.mulaw import RATE
from emulator.clock import Clock


class Playing:
    """Follows one stream: how long its sound lasts, and the marks that have not come back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._marks: list[str] = []
        self.until_ms = clock.now_ms()  # when all will have been played, about

    @property
    def lasts(self) -> bool:
        """True if by its length the sound is not over yet."""
        return self.until_ms > self._clock.now_ms()

    @property
    def is_on(self) -> bool:
        """True if the caller may still hear something."""
        return bool(self._marks) or self.lasts

    def add(self, sound: bytes) -> None:
        """Take note of sound that was sent."""
        begin_ms = max(self.until_ms, self._clock.now_ms())
        self.until_ms = begin_ms + len(sound) * 1000 // RATE

    def expect(self, mark: str) -> None:
        """Take note of a mark that was sent."""
        self._marks.append(mark)

    def reached(self, mark: str) -> None:
        """Take note of a mark that came back: what was sent before it has been played."""
        if mark in self._marks:
            del self._marks[: self._marks.index(mark) + 1]

    def clear(self) -> None:
        """Take note that the sound is dropped."""
        self.until_ms = self._clock.now_ms()
