"""Tones and the MP4 file around them."""

import struct
from array import array
from collections.abc import Iterator

from emulator.chat.audio import (
    SAMPLE_RATE,
    Utterance,
    conversation,
    mp4_header,
    pcm,
    pcm_bytes,
    speech_ms,
)

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def boxes(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Every box of an MP4 file with the bounds of its content, into the containers."""
    stop = len(data) if stop is None else stop
    while start < stop:
        size, kind = struct.unpack(">I4s", data[start : start + 8])
        yield kind, start + 8, start + size
        if kind in CONTAINERS:
            yield from boxes(data, start + 8, start + size)
        start += size
    assert start == stop


def loudness(samples: bytes, begin_ms: int, end_ms: int) -> int:
    part = array("h", samples)[begin_ms * SAMPLE_RATE // 1000 : end_ms * SAMPLE_RATE // 1000]
    return max(map(abs, part))


def test_the_file_is_whole() -> None:
    """The boxes fill the file, and the table of chunks points at the samples."""
    body = b"".join(pcm([Utterance(500, 900, 200.0)], 2_345))
    file = mp4_header(2_345) + body
    found = {kind: (begin, end) for kind, begin, end in boxes(file)}

    begin, end = found[b"mdat"]
    assert file[begin:end] == body
    assert struct.unpack(">I", file[slice(*found[b"stco"])][8:])[0] == begin
    size, count = struct.unpack(">II", file[slice(*found[b"stsz"])][4:])
    assert size * count == len(body) == pcm_bytes(2_345)
    rate, duration = struct.unpack(">II", file[slice(*found[b"mdhd"])][12:20])
    assert duration / rate * 1000 == 2_345


def test_speech_is_heard_where_it_was_said() -> None:
    """There is sound while somebody speaks, and silence before and after."""
    utterances = conversation([("USER", 1_000, "Hello there."), ("SYSTEM", 3_000, "not spoken")])
    samples = b"".join(pcm(utterances, 5_000))

    end_ms = 1_000 + speech_ms("Hello there.")
    assert loudness(samples, 0, 1_000) == 0
    assert loudness(samples, 1_000, end_ms) > 5_000
    assert loudness(samples, end_ms, 5_000) == 0


def test_overlapping_and_late_speech_fits() -> None:
    """Whatever the utterances, the sound is as long as the chat."""
    for utterances in (
        [],
        [Utterance(0, 10_000, 200.0)],
        [Utterance(0, 800, 200.0), Utterance(100, 800, 300.0)],
        [Utterance(4_000, 100, 200.0)],
    ):
        assert len(b"".join(pcm(utterances, 1_001))) == pcm_bytes(1_001)
    assert b"".join(pcm([], 0)) == b""
