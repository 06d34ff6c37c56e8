"""The runs in which the journal keeps the audio frames of one client of a chat."""

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

    def __init__(self, world: World, joined: bool) -> None:
        """`joined` says that the client came through the control plane."""
        self._journal = world.journal  # a reset gives the world another one
        self._timers = world.timers
        self._clock = world.clock
        self._joined = joined
        self._run: AudioRun | None = None
        self._timer: Timer | None = None

    def add(
        self,
        chat_id: str | None,
        type: str,
        content: Json,
        sound: bytes | str,
        findings: Sequence[Finding],
    ) -> None:
        """Add a frame, of which the journal shows `content`, to the run that it belongs to."""
        run = self._run_of(chat_id, type, isinstance(sound, bytes), tuple(findings))
        if isinstance(sound, bytes):
            self._journal.add_audio(run, content, len(sound), 0)
        else:
            self._journal.add_audio(run, content, _decoded_size(sound), len(sound))

    def _run_of(
        self, chat_id: str | None, type: str, is_binary: bool, findings: tuple[Finding, ...]
    ) -> AudioRun:
        """Return the open run if it takes such a frame, else a new one."""
        now_ms = self._clock.now_ms()
        if self._run is not None and self._run.accepts(type, findings, now_ms):
            return self._run
        self.end()
        self._run = AudioRun(chat_id, type, self._joined, is_binary, findings)
        self._timer = self._timers.at(now_ms + LONGEST_MS, self._time_out)
        return self._run

    def _time_out(self) -> None:
        self._timer = None  # it is not to be cancelled any more
        self.end()

    def end(self) -> None:
        """End the run that is open, if any: its entry comes now."""
        if self._run is None:
            return
        self._timers.cancel(self._timer)
        run, self._run, self._timer = self._run, None, None
        self._journal.end_run(run)


def _decoded_size(text: str) -> int:
    """Return how many bytes of sound base64 text holds."""
    return (len(text) * 3) // 4 - text[_BASE64_END:].count("=")
