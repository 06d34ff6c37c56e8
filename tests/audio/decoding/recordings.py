"""One sentence as each kind of recorder has it: two words, silence before and after."""

import math
import struct
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from tempfile import TemporaryDirectory

import av

from emulator.audio.decoding.decoder import Samples

RATE = 16_000
LENGTH_MS = 1_100  # from the first word's beginning to the second one's end
SPOKEN_MS = 900


def _silence(ms: int) -> Samples:
    return array("h", bytes(2 * RATE * ms // 1000))


def _word(ms: int) -> Samples:
    return array("h", (round(9000 * math.sin(i * 1382.3 / RATE)) for i in range(RATE * ms // 1000)))


SENTENCE = _silence(200) + _word(500) + _silence(200) + _word(400) + _silence(900)


@dataclass(frozen=True)
class Recorder:
    """What PyAV is to make: container, codec, and options of both."""

    container: str
    codec: str
    options: Mapping[str, str] = field(default_factory=dict)
    codec_options: Mapping[str, str] = field(default_factory=dict)
    layout: str = "mono"


def _mp4(flags: str, codec: str = "aac") -> Recorder:
    return Recorder("mp4", codec, {"movflags": flags, "frag_duration": "100000"})


RECORDERS: Mapping[str, Recorder] = {
    "webm opus": Recorder("webm", "libopus", {"live": "1", "cluster_time_limit": "300"}),
    "webm vorbis": Recorder("webm", "vorbis", {}, {"strict": "-2"}, "stereo"),
    "ogg opus": Recorder("ogg", "libopus", {"page_duration": "60000"}),
    "ogg vorbis": Recorder("ogg", "vorbis", {"page_duration": "60000"}, {"strict": "-2"}, "stereo"),
    "ogg flac": Recorder("ogg", "flac", {"page_duration": "60000"}),
    "mp3": Recorder("mp3", "libmp3lame"),
    "mp3 without a tag": Recorder("mp3", "libmp3lame", {"id3v2_version": "0"}),
    "aac": Recorder("adts", "aac"),
    "mp4": _mp4("frag_keyframe+empty_moov+default_base_moof"),
    "mp4 with places in the file": _mp4("frag_keyframe+empty_moov"),
    "mp4 opus": _mp4("cmaf", "libopus"),
    "mp4 whole": Recorder("mp4", "aac"),
    "mp4 whole, description first": Recorder("mp4", "aac", {"movflags": "faststart"}),
}
KINDS = ("pcm", "wav", *RECORDERS)


@cache
def recording(kind: str) -> bytes:
    """The sentence, of that kind."""
    if kind == "pcm":
        return SENTENCE.tobytes()
    return wav(SENTENCE.tobytes()) if kind == "wav" else record(RECORDERS[kind], SENTENCE)


def wav(samples: bytes, layout: bytes | None = None) -> bytes:
    """A WAV file with a chunk that says nothing, of an odd size, between format and samples."""
    layout = layout if layout is not None else wav_layout()
    chunks = _chunk(b"fmt ", layout) + _chunk(b"LIST", b"odd") + _chunk(b"data", samples)
    return _chunk(b"RIFF", b"WAVE" + chunks)


def wav_layout(encoding: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16) -> bytes:
    """The content of a format chunk."""
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", encoding, channels, rate, rate * frame, frame, bits)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def record(recorder: Recorder, samples: Samples) -> bytes:
    """The samples as the recorder writes them."""
    with TemporaryDirectory() as folder:  # one of them reads again what it wrote
        path = f"{folder}/recording"
        with av.open(path, "w", format=recorder.container, options=dict(recorder.options)) as file:
            stream = file.add_stream(
                recorder.codec,
                rate=RATE,
                layout=recorder.layout,
                options=dict(recorder.codec_options),
            )
            assert isinstance(stream, av.AudioStream)
            for frame in (*_frames(samples), None):
                file.mux(stream.encode(frame))
        with open(path, "rb") as written:
            return written.read()


def _frames(samples: Samples, size: int = 960) -> Iterator[av.AudioFrame]:
    for begin in range(0, len(samples), size):
        part = samples[begin : begin + size].tobytes()
        frame = av.AudioFrame("s16", "mono", len(part) // 2)
        plane = frame.planes[0]
        plane.update(part + bytes(plane.buffer_size - len(part)))
        frame.sample_rate, frame.pts, frame.time_base = RATE, begin, Fraction(1, RATE)
        yield frame


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """The data in pieces of a size."""
    return (data[begin : begin + size] for begin in range(0, len(data), size))
