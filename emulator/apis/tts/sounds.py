"""Reads the sound that a text is given."""

from emulator.audio.decoding.decoder import DecodeError
from emulator.audio.own_sound import OwnSound
from emulator.audio.recorded import pcm_of
from emulator.errors import UsageError

LONGEST_S = 60


def read_sound(text: str, data: bytes, name: str) -> OwnSound:
    """Return a text's sound from an audio file. Raises UsageError, naming the file."""
    try:
        pcm = pcm_of(data, LONGEST_S)
    except DecodeError as error:
        raise UsageError(f"{name} can't be read as sound: {error}") from None
    if pcm is None:
        raise UsageError(f"{name} lasts more than {LONGEST_S} s, the most for one text")
    if not pcm:
        raise UsageError(f"{name} holds no sound")
    return OwnSound(text.strip(), pcm)
