"""Sound: tones that stand for speech, as 16-bit PCM, in WAV chunks or in an MP4 file.

The emulator has no voice. A sentence is a row of short tones, one for a syllable, as long as the
sentence would take to say; the user's are low, the assistant's high.
"""

import math
import struct
from array import array
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

SAMPLE_RATE = 16_000  # Hz, of the audio reconstruction
LIVE_SAMPLE_RATE = 48_000  # Hz, of audio_output (docs/protocol.md#audio-output)
_SAMPLE_BYTES = 2
_MS_PER_CHARACTER = 60  # about 165 words a minute
_SYLLABLE_MS = 180
_MOST_SYLLABLES = 660  # of one sentence
_CHUNK_SYLLABLES = 5  # of one audio_output: 0.9 s
_LOUDNESS = 0.25
PITCHES = {"USER": 196.0, "AGENT": 293.7}  # Hz


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said: its begin (ms from the start), its length (ms) and its pitch (Hz)."""

    begin_ms: int
    duration_ms: int
    pitch: float


def speech_ms(text: str) -> int:
    """How long a text takes to say, in ms: a whole number of syllables, within two minutes."""
    syllables = -(-len(text) * _MS_PER_CHARACTER // _SYLLABLE_MS)
    return max(1, min(syllables, _MOST_SYLLABLES)) * _SYLLABLE_MS


def wav_chunks(duration_ms: int) -> Iterator[str]:
    """The assistant's speech of that length, as WAV files in base64 that play back to back."""
    syllables = duration_ms // _SYLLABLE_MS
    for _ in range(syllables // _CHUNK_SYLLABLES):
        yield _wav_chunk(_CHUNK_SYLLABLES)
    if syllables % _CHUNK_SYLLABLES:
        yield _wav_chunk(syllables % _CHUNK_SYLLABLES)


@cache
def _wav_chunk(syllables: int) -> str:
    samples = _syllable(PITCHES["AGENT"], LIVE_SAMPLE_RATE) * syllables
    return b64encode(wav_header(len(samples), LIVE_SAMPLE_RATE) + samples).decode()


def wav_header(size: int, sample_rate: int) -> bytes:
    """The canonical 44 bytes before `size` bytes of 16-bit mono PCM."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + size, b"WAVE",
        b"fmt ", 16, 1, 1, sample_rate, sample_rate * _SAMPLE_BYTES, _SAMPLE_BYTES, 16,
        b"data", size,
    )  # fmt: skip


def pcm(utterances: Sequence[Utterance], duration_ms: int) -> Iterator[bytes]:
    """Mono PCM of that length, in chunks: tones for the utterances, silence between them."""
    position, end = 0, _samples(duration_ms)
    for utterance in utterances:
        begin = min(max(_samples(utterance.begin_ms), position), end)
        stop = min(begin + _samples(utterance.duration_ms), end)
        yield from _silence(begin - position)
        yield from _tones(utterance.pitch, stop - begin)
        position = stop
    yield from _silence(end - position)


def pcm_bytes(duration_ms: int) -> int:
    """The size of `pcm` of that length."""
    return _samples(duration_ms) * _SAMPLE_BYTES


def _samples(ms: int) -> int:
    return ms * SAMPLE_RATE // 1000


def _silence(samples: int) -> Iterator[bytes]:
    second = bytes(SAMPLE_RATE * _SAMPLE_BYTES)
    for _ in range(samples // SAMPLE_RATE):
        yield second
    yield second[: samples % SAMPLE_RATE * _SAMPLE_BYTES]


def _tones(pitch: float, samples: int) -> Iterator[bytes]:
    syllable = _syllable(pitch)
    whole, rest = divmod(samples * _SAMPLE_BYTES, len(syllable))
    yield syllable * whole
    yield bytes(rest)


@cache
def _syllable(pitch: float, sample_rate: int = SAMPLE_RATE) -> bytes:
    """One tone that swells and fades."""
    count = _SYLLABLE_MS * sample_rate // 1000
    wave = (
        math.sin(math.pi * n / count) * math.sin(2 * math.pi * pitch * n / sample_rate)
        for n in range(count)
    )
    return array("h", (int(_LOUDNESS * 32767 * value) for value in wave)).tobytes()


def mp4_header(duration_ms: int) -> bytes:
    """What comes before the PCM in an MP4 file of that length (ISO 14496-12, QuickTime 'sowt').

    The samples follow the header uncompressed, so the file can be sent while it is made.
    """
    size = pcm_bytes(duration_ms)
    samples = size // _SAMPLE_BYTES
    brand = _box(b"ftyp", b"isom", _u32(0x200), b"isom", b"mp42", b"qt  ")
    offset = len(brand) + len(_movie(samples, 0)) + 8
    return brand + _movie(samples, offset) + _u32(size + 8) + b"mdat"


def _movie(samples: int, offset: int) -> bytes:
    """The `moov` box: one audio track whose samples are one chunk at `offset`."""
    duration = _u32(samples)
    rate = _u32(SAMPLE_RATE)
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    description = _box(
        b"sowt",
        bytes(6), struct.pack(">H", 1), bytes(8),
        struct.pack(">HHHH", 1, 16, 0, 0), _u32(SAMPLE_RATE << 16),
    )  # fmt: skip
    table = _box(
        b"stbl",
        _full_box(b"stsd", _u32(1), description),
        _full_box(b"stts", _u32(1), duration, _u32(1)),
        _full_box(b"stsc", _u32(1), _u32(1), duration, _u32(1)),
        _full_box(b"stsz", _u32(_SAMPLE_BYTES), duration),
        _full_box(b"stco", _u32(1), _u32(offset)),
    )
    media_information = _box(
        b"minf",
        _full_box(b"smhd", bytes(4)),
        _box(b"dinf", _full_box(b"dref", _u32(1), _full_box(b"url ", flags=1))),
        table,
    )
    media = _box(
        b"mdia",
        _full_box(b"mdhd", bytes(8), rate, duration, struct.pack(">HH", 0x55C4, 0)),
        _full_box(b"hdlr", bytes(4), b"soun", bytes(12), b"sound\0"),
        media_information,
    )
    track = _box(
        b"trak",
        _full_box(
            b"tkhd", bytes(8), _u32(1), bytes(4), duration, bytes(8),
            struct.pack(">HHHH", 0, 0, 0x100, 0), matrix, bytes(8), flags=7,
        ),
        media,
    )  # fmt: skip
    header = _full_box(
        b"mvhd", bytes(8), rate, duration, _u32(0x10000), struct.pack(">H", 0x100), bytes(10),
        matrix, bytes(24), _u32(2),
    )  # fmt: skip
    return _box(b"moov", header, track)


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return _u32(len(content) + 8) + kind + content


def _full_box(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, _u32(flags), *parts)


def _u32(value: int) -> bytes:
    return struct.pack(">I", value)


def conversation(
    events: Iterable[tuple[str, int, str]],
) -> list[Utterance]:
    """What is heard of a chat's messages, each given as role, begin (ms) and text."""
    return [
        Utterance(begin_ms, speech_ms(text), PITCHES[role])
        for role, begin_ms, text in events
        if role in PITCHES
    ]
