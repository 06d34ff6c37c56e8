"""Reads the sounds that texts are given."""

import binascii
from base64 import b64decode
from pathlib import Path

from emulator.audio.decoding.decoder import DecodeError
from emulator.audio.own_sound import OwnSound
from emulator.errors import UsageError
from emulator.source_files import file_beside

LONGEST_S = 60


def read_sound(text: str, data: bytes, name: str) -> OwnSound:
    """Return a text's sound from an audio file. Raises UsageError, naming the file."""
    from emulator.audio.recorded import pcm_of  # with decoders, which take 25 ms

    try:
        pcm = pcm_of(data, LONGEST_S)
    except DecodeError as error:
        raise UsageError(f"{name} can't be read as sound: {error}") from None
    if pcm is None:
        raise UsageError(f"{name} lasts more than {LONGEST_S} s, the most for one text")
    if not pcm:
        raise UsageError(f"{name} holds no sound")
    return OwnSound(text.strip(), pcm)


def read_bytes_beside(source: Path, named: str) -> bytes:
    """Return the content of a file in the folder of a seed or a script, or below it.

    Raises UsageError if it lies elsewhere, or can't be read.
    """
    try:
        return file_beside(source, named).read_bytes()
    except OSError as error:
        raise UsageError(str(error)) from None


def sound_in_base64(text: str, data: str) -> OwnSound:
    """Return a text's sound from an audio file in base64. Raises UsageError."""
    try:
        content = b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"the data is not base64: {error}") from None
    return read_sound(text, content, "the data")
