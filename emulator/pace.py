"""How fast generated sound comes: when each of its chunks is due."""

from dataclasses import dataclass
from functools import lru_cache

from emulator.durations import duration_ms, read_pace
from emulator.ids import Random, derived_random
from emulator.settings import Settings

REALTIME = 1.0  # the stretch of sound that comes as it plays
FIRST_AUDIO_MS = 200  # of generated speech, if nobody has given another time
_KEPT = 64  # paces, since every answer asks for its world's


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of a world.

    `stretch` is how long (s) a second of sound takes: 0 at once, 1 in real time, 0.2 five times
    faster. It stretches `first_audio_ms` too, the time until the first sound, which is None if
    nobody has given it. Each chunk comes up to `jitter_ms` late.
    """

    stretch: float = 0
    first_audio_ms: int | None = None
    jitter_ms: int = 0

    def schedule(self, begin_ms: int, *place: str | int) -> "Schedule":
        """Return when the chunks of a sound are due that was asked for at `begin_ms`.

        The jitter belongs to the place, such as the id of what is said, and repeats with it.
        """
        return Schedule(self, begin_ms, place)


class Schedule:
    """The times of one sound's chunks, which come in order."""

    def __init__(self, pace: Pace, begin_ms: int, place: tuple[str | int, ...]) -> None:
        self._pace = pace
        self._begin_ms = begin_ms
        self._place = place
        self._random: Random | None = None  # made when jitter is first drawn, as that takes time
        self._last_ms = begin_ms

    def due_ms(self, play_ms: float) -> int:
        """Return when the next chunk is due; `play_ms` is its place in the sound, from 0.

        It is never due before the chunk that was asked for last.
        """
        pace = self._pace
        if pace.stretch:
            given_ms = pace.first_audio_ms
            first_ms = FIRST_AUDIO_MS if given_ms is None else given_ms
            wait_ms = (first_ms + play_ms) * pace.stretch
            wait_ms += self._jitter_ms()
            self._last_ms = max(self._last_ms, self._begin_ms + round(wait_ms))
        return self._last_ms

    def _jitter_ms(self) -> float:
        if not self._pace.jitter_ms:
            return 0
        if self._random is None:
            self._random = derived_random("jitter", *self._place)
        return self._random.uniform(0, self._pace.jitter_ms)


def pace_of(settings: Settings) -> Pace:
    """Return the pace that a world's settings ask for."""
    return _read(settings.pace, settings.first_audio, settings.jitter)


@lru_cache(maxsize=_KEPT)
def _read(pace: str, first_audio: str, jitter: str) -> Pace:
    first_ms = duration_ms(first_audio) if first_audio else None
    return Pace(read_pace(pace), first_ms, duration_ms(jitter))
