"""The MP4 header around PCM."""

import struct
from collections.abc import Iterator

from emulator.audio.mp4 import mp4_header
from emulator.audio.tones import SAMPLE_RATE, Utterance, pcm, pcm_bytes

CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}


def boxes(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield every box of an MP4 file, containers too, with the bounds of its content."""
    stop = len(data) if stop is None else stop
    while start < stop:
        size, kind = struct.unpack(">I4s", data[start : start + 8])
        yield kind, start + 8, start + size
        if kind in CONTAINERS:
            yield from boxes(data, start + 8, start + size)
        start += size
    assert start == stop


def test_the_file_is_whole() -> None:
    """The boxes fill the file, and the table of chunks points at the samples."""
    body = b"".join(pcm([Utterance(500, 900, 200.0)], 2_345))
    file = mp4_header(len(body), SAMPLE_RATE) + body
    found = {kind: (begin, end) for kind, begin, end in boxes(file)}

    begin, end = found[b"mdat"]
    assert file[begin:end] == body
    assert struct.unpack(">I", file[slice(*found[b"stco"])][8:])[0] == begin
    size, count = struct.unpack(">II", file[slice(*found[b"stsz"])][4:])
    assert size * count == len(body) == pcm_bytes(2_345)
    rate, duration = struct.unpack(">II", file[slice(*found[b"mdhd"])][12:20])
    assert duration / rate * 1000 == 2_345
