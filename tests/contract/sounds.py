"""What a user's microphone records: 1.2 s of speech (a tone), then silence, in pieces."""

import math
import struct
from array import array
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from tests.audio.decoding.recordings import recording

# Made with: ffmpeg -f lavfi -i "sine=frequency=220:duration=1.2,volume=2,apad=pad_dur=1.5"
#     -c:a libopus -b:a 16k -ac 1 -cluster_time_limit 100 -f webm -live 1 - > speech.webm
WEBM = Path(__file__).parent / "data" / "speech.webm"


def _tone(ms: int, rate: int) -> array:  # type: ignore[type-arg]
    return array("h", (round(9000 * math.sin(i * 1382.3 / rate)) for i in range(rate * ms // 1000)))


def _hum(ms: int, rate: int) -> array:  # type: ignore[type-arg]
    """Too quiet to be speech, but no two of its bytes are zero."""
    return array("h", (0x7F if i % 2 else -0x7F for i in range(rate * ms // 1000)))


def _speech(rate: int, silence: array) -> bytes:  # type: ignore[type-arg]
    """1.2 s of speech, then silence."""
    return (_tone(1200, rate) + silence).tobytes()


def _wav(samples: bytes, rate: int) -> bytes:
    layout = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    head = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout
    comment = b"LIST" + struct.pack("<I", 4) + b"INFO"
    body = head + comment + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _pieces(data: bytes, size: int, first: int = 0) -> list[bytes]:
    """The data in pieces of a size, after a first one of another."""
    rest = [data[begin : begin + size] for begin in range(first, len(data), size)]
    return [data[:first], *rest] if first else rest


def _stereo(samples: bytes) -> bytes:
    mono = array("h", samples)
    return array("h", (mono[i // 2] for i in range(2 * len(mono)))).tobytes()


@cache
def _noisy() -> bytes:
    return _wav(_speech(24000, _hum(1000, 24000)), 24000)


_SOUNDS: Mapping[str, Callable[[], list[bytes]]] = {
    "pcm": lambda: _pieces(_speech(16000, array("h", bytes(2 * 16000))), 3200),
    "pcm without silence": lambda: _pieces(_tone(1200, 16000).tobytes(), 3200),
    "stereo": lambda: _pieces(_stereo(_speech(8000, array("h", bytes(2 * 8000)))), 3200),
    "short wav": lambda: [_wav(_tone(100, 8000).tobytes(), 8000)],
    "wav": lambda: _pieces(_wav(_speech(24000, array("h", bytes(2 * 24000))), 24000), 4800),
    "noisy wav": lambda: _pieces(_noisy(), 4800),
    "noisy wav in odd pieces": lambda: _pieces(_noisy(), 4800, first=41),
    "broken wav": lambda: [b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(16)],
    "webm": lambda: _pieces(WEBM.read_bytes(), 500),
    "webm after one byte": lambda: _pieces(WEBM.read_bytes(), 500, first=1),
    "mp4": lambda: _pieces(recording("mp4"), 500),
    "ogg": lambda: _pieces(recording("ogg opus"), 500),
    "mp3": lambda: _pieces(recording("mp3"), 500),
    "flac": lambda: [b"fLaC" + bytes(60)],
}


@cache
def pieces_of_sound(name: str) -> list[bytes]:
    """A sound of the table's conversations, in pieces; made when it is first asked for."""
    return _SOUNDS[name]()


def _voiced(seconds: float) -> int:
    """Harmonics that swell as syllables do, so that no filter takes them for noise."""
    swell = abs(math.sin(2 * math.pi * 2 * seconds))
    tone = sum(math.sin(2 * math.pi * 140 * n * seconds) / n for n in range(1, 12))
    return round(9000 * swell * tone)


# Files for Chromium's fake microphone.
_SECOND = bytes(2 * 48000)


@cache
def recorded_speech() -> bytes:
    """A second of silence, something like speech, silence."""
    voice = array("h", (_voiced(i / 48000) for i in range(48000 * 12 // 10)))
    return _wav(_SECOND + voice.tobytes() + _SECOND * 3, 48000)


def recorded_silence() -> bytes:
    """Nothing but silence."""
    return _wav(_SECOND * 5, 48000)
