"""Questions to ears, and their answers."""

from dataclasses import dataclass, field
from typing import TypeAlias

from emulator.audio.wav import SAMPLE_BYTES, wav_header
from emulator.outgoing.open_ai import route
from emulator.settings import Settings

_USUAL_MODEL = "whisper-1"  # which servers with one model take for it


@dataclass(frozen=True, slots=True)
class EarsSource:
    """A server of transcriptions. Without a language it finds out what is spoken."""

    url: str
    model: str = _USUAL_MODEL
    language: str | None = None
    key: str | None = field(default=None, repr=False)
    timeout_s: int = 60


def ears_source(settings: Settings) -> EarsSource | None:
    """Return the ears of a world, or None."""
    if not settings.ears:
        return None
    return EarsSource(
        route(settings.ears, "/audio/transcriptions"),
        settings.ears_model or _USUAL_MODEL,
        settings.ears_language or None,
        settings.ears_key or None,
        settings.ears_timeout,
    )


@dataclass(frozen=True, slots=True)
class Recording:
    """The sound of a user's turn: 16-bit mono PCM."""

    pcm: bytes = field(repr=False)
    sample_rate: int

    @property
    def lasts_ms(self) -> int:
        """Return how long it lasts (ms)."""
        return len(self.pcm) * 1000 // (SAMPLE_BYTES * self.sample_rate)

    def wav(self) -> bytes:
        """Return it as a WAV file."""
        return wav_header(len(self.pcm), self.sample_rate) + self.pcm


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn of a user, whose words the ears are to find."""

    id: str
    source: EarsSource
    recording: Recording


@dataclass(frozen=True, slots=True)
class Understood:
    """The words of an utterance; none if it was noise."""

    text: str


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The ears gave no answer."""

    problem: str


Hearing: TypeAlias = Understood | NotUnderstood
