"""MP3 and AAC as bare frames."""

from collections.abc import Iterator

import pytest

from emulator.audio.decoding.mpeg import MpegDecoder, frame_length, kind_of
from tests.audio.decoding.listening import decoded
from tests.audio.decoding.recordings import pieces, recording

MP3, AAC = recording("mp3 without a tag"), recording("aac")


def frames(data: bytes) -> Iterator[bytes]:
    """The frames of a recording, by the lengths in their headers."""
    while data:
        length = frame_length(data)
        assert length
        yield data[:length]
        data = data[length:]


@pytest.mark.parametrize(("kind", "data"), [("mp3", MP3), ("aac", AAC)])
def test_headers_tell_the_length(kind: str, data: bytes) -> None:
    """From frame to frame, up to the end of the recording."""
    found = list(frames(data))
    assert {kind_of(frame) for frame in found} == {kind}
    assert b"".join(found) == data
    assert len(found) > 30


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("FFFB9000 0000", 417),  # MPEG 1, 128 kbit/s, 44.1 kHz
        ("FFFB9200 0000", 418),  # with a byte of padding
        ("FFFA9400 0000", 384),  # 48 kHz, with a checksum
        ("FFFBE800 0000", 1440),  # 320 kbit/s, 32 kHz
        ("FFF34000 0000", 104),  # MPEG 2, 32 kbit/s, 22.05 kHz
        ("FFE34800 0000", 288),  # MPEG 2.5, 32 kbit/s, 8 kHz
        ("FFFB0000 0000", None),  # of any bit rate
        ("FFFBF000 0000", None),  # no such bit rate
        ("FFFB9C00 0000", None),  # no such rate
        ("FFEB9000 0000", None),  # no such version
        ("FFFD9000 0000", None),  # MP2
        ("FFF15080 2E7F", 371),
        ("FFF150BF FFFF", 8191),
        ("FFF150BC 0000", None),  # shorter than its header
        ("FFF17480 2E7F", None),  # no such rate
        ("FFFB9000 00", None),  # cut off
        ("00FB9000 0000", None),
    ],
)
def test_lengths(header: str, length: int | None) -> None:
    """As the standards define them."""
    assert frame_length(bytes.fromhex(header)) == length


def tag(size: int) -> bytes:
    """An ID3 tag of so many bytes, which look like frames."""
    sizes = [size >> shift & 0x7F for shift in (21, 14, 7, 0)]
    return b"ID3\4\0\0" + bytes(sizes) + (b"\xff\xfb\x90\0" * size)[:size]


@pytest.mark.parametrize("size", [3, 8, 1_000])
@pytest.mark.parametrize("length", [0, 1, 200, 20_000])
def test_a_tag_is_left_out(length: int, size: int) -> None:
    """Whatever its length; also one before a further recording."""
    plain = decoded(MpegDecoder("mp3"), [MP3, MP3])
    cut = [*pieces(tag(length) + MP3, size), *pieces(tag(length) + MP3, size)]
    assert len(decoded(MpegDecoder("mp3"), cut)) == len(plain)
