"""The runs in which the journal keeps the audio frames of one client."""

from collections.abc import Sequence

from emulator.contract.findings import Finding
from emulator.journal.audio_run import LONGEST_MS, AudioRun
from emulator.jsontext import Json
from emulator.timers import Timer
from emulator.world.world import World

_BASE64_END = -2  # where the padding of base64 text may begin


class AudioRuns:
    """Puts the audio frames of one connection into runs; one run is open at a time, at most.

    A run ends with another frame of the chat, with a frame of another type or with other findings,
    1 s after it began, after 1,000 frames, or when somebody lists the journal.
    """

    def __init__(self, world: World) -> None:
        self._journal = world.journal  # a reset gives the world another one
        self._timers = world.timers
        self._clock = world.clock
        self._run: AudioRun | None = None
        self._timer: Timer | None = None

    def add(
        self,
        chat_id: str | None,
        joined: bool,
        type: str,
        content: Json,
        sound: bytes | str,
        findings: Sequence[Finding],
    ) -> None:
        """Add a frame, of which the journal shows `content`, to the run that it belongs to."""
        now_ms, found = self._clock.now_ms(), tuple(findings)
        run = self._run
        if run is None or not run.accepts(type, found, now_ms):
            self.end()
            run = self._run = AudioRun(chat_id, type, joined, isinstance(sound, bytes), found)
            self._timer = self._timers.at(now_ms + LONGEST_MS, self._time_out)
        if isinstance(sound, bytes):
            self._journal.add_audio(run, content, len(sound), 0)
        else:
            self._journal.add_audio(run, content, _decoded_size(sound), len(sound))

    def _time_out(self) -> None:
        self._timer = None  # it has run, so there is nothing to cancel
        self.end()

    def end(self) -> None:
        """End the open run, if any, and add its entry to the journal."""
        if self._run is None:
            return
        self._timers.cancel(self._timer)
        run, self._run, self._timer = self._run, None, None
        self._journal.end_run(run)


def _decoded_size(text: str) -> int:
    """Return how many bytes of sound base64 text holds."""
    return (len(text) * 3) // 4 - text[_BASE64_END:].count("=")
