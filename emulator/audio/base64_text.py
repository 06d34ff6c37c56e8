"""Sound as base64 text."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache

from emulator.audio.sound import Sound
from emulator.audio.speech import Speech
from emulator.audio.timbre import Timbre

_KEPT_PIECES = 256  # 27 kB each, about: most words of a text have one of a dozen lengths

_kept = lru_cache(maxsize=_KEPT_PIECES)(b64encode)  # quick, as a kept word has its hash already


def in_base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the base64 text of pieces that belong together."""
    rest = b""
    for piece in pieces:
        rest += piece
        whole = len(rest) // 3 * 3
        yield b64encode(rest[:whole])
        rest = rest[whole:]
    if rest:
        yield b64encode(rest)


def sound_in_base64(sound: Sound, timbre: Timbre) -> Iterator[bytes]:
    """Yield the PCM of a sound as base64 text; of tones, each word is encoded once for all."""
    pieces = sound.sound(timbre)
    return _of_tones(pieces) if isinstance(sound, Speech) else in_base64(pieces)


def _of_tones(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the text of whole frames, each as it is; only silence at the end may have others."""
    for piece in pieces:
        if len(piece) % 3:
            yield from in_base64((piece, *pieces))
        else:
            yield _kept(piece)
