"""Plays a stream to the caller: sound in order, with marks in their places."""

from collections import deque

from emulator.audio.mulaw import RATE, SILENCE

_BYTES_PER_MS = RATE // 1000
_LOUD = 96  # of 32,767: what is softer counts as silence


def _quiet_codes() -> bytes:
    """Return the mu-law codes that count as silence."""
    from_zero = range(_LOUD // 8 + 1)  # the softest codes are 8 apart
    return bytes(code - number for code in (0xFF, 0x7F) for number in from_zero)


_QUIET = _quiet_codes()


def is_audible(sound: bytes) -> bool:
    """True if mu-law has more than silence in it."""
    return bool(sound.translate(None, _QUIET))


class Playback:
    """Plays what a server sends: in order, and nothing but silence when it has run out."""

    def __init__(self, most_bytes: int = 600 * RATE) -> None:
        """Begin empty; more than `most_bytes` are not kept (ten minutes)."""
        self._most = most_bytes
        self._buffer = bytearray()
        self._played = 0  # bytes, dropped ones included
        self._audible_until = 0  # in bytes since the start
        self._marks: deque[tuple[int, str]] = deque()  # after how many bytes each is reached

    @property
    def is_speaking(self) -> bool:
        """True if more than silence waits to be played."""
        return self._audible_until > self._played

    @property
    def waiting_ms(self) -> int:
        """Return how much sound waits to be played (ms)."""
        return len(self._buffer) // _BYTES_PER_MS

    def add(self, sound: bytes) -> bool:
        """Add sound behind all other. False if there is too much, so that some was dropped."""
        kept = sound[: self._most - len(self._buffer)]
        self._buffer += kept
        if is_audible(kept):
            trailing = len(kept) - len(kept.rstrip(_QUIET))
            self._audible_until = self._played + len(self._buffer) - trailing
        return len(kept) == len(sound)

    def mark(self, name: str) -> None:
        """Add a mark behind all sound."""
        self._marks.append((self._played + len(self._buffer), name))

    def clear(self) -> list[str]:
        """Drop all sound; return the marks that are reached by this, in order."""
        self._played += len(self._buffer)
        self._buffer.clear()
        self._audible_until = self._played
        return self.reached()

    def play(self, count: int) -> bytes:
        """Return the next `count` bytes; silence takes the place of what is missing."""
        sound = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._played += len(sound)
        return sound + bytes([SILENCE]) * (count - len(sound))

    def reached(self) -> list[str]:
        """Return the marks that have been reached and were not returned before, in order."""
        names = []
        while self._marks and self._marks[0][0] <= self._played:
            names.append(self._marks.popleft()[1])
        return names
