"""Chooses who says texts: the setting `voice`. Nothing is imported before it is asked for."""

from functools import cache
from typing import TYPE_CHECKING

from emulator.errors import UsageError

if TYPE_CHECKING:
    from emulator.audio.sound import Speaker

TONES = "tones"


def is_server(voice: str) -> bool:
    """True if the setting is the URL of a server that speaks; `world/voice` asks it."""
    return "://" in voice


def speaker_of(voice: str) -> "Speaker":
    """Return the speaker that the setting names. Raises UsageError if it can't speak here."""
    return _tones() if voice == TONES else _espeak()


def check_voice(voice: str) -> None:
    """Raise UsageError if the voice that the setting names can't speak here."""
    if voice != TONES and not is_server(voice):
        speaker_of(voice)


@cache
def _tones() -> "Speaker":
    from emulator.audio.sound import Tones  # not for a server that says nothing

    return Tones()


@cache
def _espeak() -> "Speaker":
    try:
        from emulator.audio.espeak import EspeakSpeaker  # needs a package of its own
    except ImportError as error:
        raise UsageError(
            f"voice espeak needs the package espeakng-loader, which can't be imported ({error}); "
            "install it with: pip install 'evi-emulator[voice]'"
        ) from None
    return EspeakSpeaker()
