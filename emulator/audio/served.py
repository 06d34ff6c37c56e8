"""Speech that a server makes: what is asked of it, and what it said lately.

Nothing here talks to the server. A text that it has not said is in tones.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TypeAlias

from emulator.audio.live_voices import SpokenVoice
from emulator.audio.own_sound import OwnSound
from emulator.audio.sound import Sound
from emulator.audio.speech import Speech, Word, spoken_words
from emulator.audio.timbre import SAMPLE_RATE, Timbre

_KEPT_BYTES = 33_554_432  # of sound that was said last: almost six minutes


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text that a server is to say in a voice; each variant is spoken again."""

    text: str
    voice: str
    speed: float = 1.0
    variant: int = 0


@dataclass(frozen=True, slots=True)
class SpeechSource:
    """A server of speech."""

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    timeout_s: int = 30


@dataclass(frozen=True, slots=True)
class Spoken:
    """Speech from a server, as PCM of 48 kHz."""

    pcm: bytes = field(repr=False)
    status: int = 200


@dataclass(frozen=True, slots=True)
class NotSpoken:
    """Why there is no speech; `status` is None if nothing answered."""

    problem: str
    status: int | None = None


Answer: TypeAlias = Spoken | NotSpoken


class KeptSpeech:
    """A cache of recent speech, as PCM of 48 kHz. Threads may share it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Wanted, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def find(self, wanted: Wanted) -> bytes | None:
        """Return what was said, or None."""
        with self._lock:
            pcm = self._kept.get(wanted)
            if pcm is not None:
                self._kept.move_to_end(wanted)
            return pcm

    def keep(self, wanted: Wanted, pcm: bytes) -> None:
        """Keep speech, and drop the least recently wanted if there is too much."""
        with self._lock:
            self._bytes += len(pcm) - len(self._kept.pop(wanted, b""))
            self._kept[wanted] = pcm
            while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= len(dropped)


@dataclass(frozen=True, slots=True)
class ServedSpeaker:
    """Says texts as a server does.

    All are said in the voice that `voice` names, or else in that of the timbre's name, or else in
    the usual one. `ask` is called for what was not said before, and may have the server say it.
    """

    kept: KeptSpeech
    voice: str
    usual_voice: str
    ask: Callable[[Wanted], None]

    takes_time = True

    def speak(
        self,
        text: str,
        timbre: Timbre,
        speed: float = 1.0,
        trailing_silence_s: float = 0.0,
        variant: int = 0,
    ) -> "ServedSound":
        """Return a text as the server says it; nothing is asked yet."""
        wanted = Wanted(text, self.voice or timbre.name or self.usual_voice, speed, variant)
        return ServedSound(self, wanted, trailing_silence_s)

    def find(self, wanted: Wanted) -> bytes | None:
        """Return what the server says, or None if it said nothing."""
        pcm = self.kept.find(wanted)
        if pcm is None and has_words(wanted.text):
            self.ask(wanted)
            pcm = self.kept.find(wanted)
        return pcm


@dataclass(frozen=True)  # without slots, for the cached property
class ServedSound:
    """A text as a server says it; once it is listened to or measured, it stays as it is."""

    speaker: ServedSpeaker = field(repr=False)
    wanted: Wanted
    silence_s: float

    @property
    def is_missing(self) -> bool:
        """True if the server must say it first."""
        return has_words(self.wanted.text) and self.speaker.kept.find(self.wanted) is None

    def settle(self) -> None:
        """Hold the sound that there is now: the server's, or else tones."""
        self.said  # noqa: B018 - found once

    @cached_property
    def said(self) -> Sound:
        """Return the sound: the server's, or else tones."""
        wanted, pcm = self.wanted, self.speaker.find(self.wanted)
        if pcm is None:
            return Speech(wanted.text, wanted.speed, self.silence_s, wanted.variant)
        return OwnSound(wanted.text, pcm, round(self.silence_s * SAMPLE_RATE))

    @property
    def samples(self) -> int:
        return self.said.samples

    def words(self) -> Iterator[Word]:
        return self.said.words()

    def sound(self, timbre: Timbre) -> Iterator[bytes]:
        return self.said.sound(timbre)


@dataclass(frozen=True, slots=True)
class ServedVoice(SpokenVoice):
    """Says sentences as a server does in one voice."""

    speaker: ServedSpeaker

    def unprepared(self, text: str) -> ServedSound | None:
        sound = self.speaker.speak(text, self.timbre)
        return sound if sound.is_missing else None


def has_words(text: str) -> bool:
    """True if there is something to say: servers refuse texts without words, or make noises."""
    return next(spoken_words(text), None) is not None
