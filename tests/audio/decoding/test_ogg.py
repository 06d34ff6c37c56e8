"""Ogg files: pages, packets and streams."""

import struct

import pytest

from emulator.audio.decoding.decoder import LARGEST_PART, DecodeError
from emulator.audio.decoding.ogg import OggDecoder
from tests.audio.decoding.listening import decoded
from tests.audio.decoding.recordings import pieces, recording

FIRST, CONTINUED = 2, 1
HEAD = b"OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0"
SILENCE = b"\xf8\xff\xfe"  # a packet of Opus: 20 ms
PACKET_SAMPLES = 960


def page(*packets: bytes, serial: int = 7, flags: int = 0, ends: bool = True) -> bytes:
    """A page; without `ends`, its last packet goes on in the next one."""
    lengths = b""
    for number, packet in enumerate(packets):
        lengths += b"\xff" * (len(packet) // 255)
        if ends or number + 1 < len(packets):
            lengths += bytes([len(packet) % 255])
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, 0, serial, 0, 0, len(lengths))
    return head + lengths + b"".join(packets)


HEADERS = page(HEAD, flags=FIRST) + page(b"OpusTags" + bytes(8))


def samples_of(*files: bytes, size: int = 10_000) -> int:
    return len(decoded(OggDecoder(), pieces(b"".join(files), size)))


@pytest.mark.parametrize("size", [1, 40, 10_000])
def test_packets_of_a_page(size: int) -> None:
    """Each is decoded, but for the headers and for one without content."""
    file = HEADERS + page(SILENCE, SILENCE, b"", SILENCE)
    assert samples_of(file, size=size) == 3 * PACKET_SAMPLES


def test_a_packet_over_two_pages() -> None:
    """It is one packet; Opus takes what pads it for part of it."""
    padded = b"\xfb\x41\xff\xfd" + bytes(600)  # one frame, 508 bytes of padding
    begin, rest = padded[:510], padded[510:]
    assert len(begin) == 2 * 255
    file = HEADERS + page(SILENCE, begin, ends=False) + page(rest, SILENCE, flags=CONTINUED)
    assert samples_of(file) == 3 * PACKET_SAMPLES


def test_a_packet_whose_end_is_lost() -> None:
    """It is left out."""
    file = HEADERS + page(bytes(255), ends=False) + page(SILENCE)
    assert samples_of(file) == PACKET_SAMPLES


def test_other_streams_are_not_heard() -> None:
    """Pictures, and a second voice, that begin before the sound or after it."""
    pictures = page(b"\x80theora", serial=1, flags=FIRST)
    voice = page(HEAD, serial=3, flags=FIRST)
    begin = pictures + page(HEAD, flags=FIRST) + voice + page(b"OpusTags" + bytes(8))
    others = page(b"picture", serial=1) + page(SILENCE, serial=3)
    assert samples_of(begin, others, page(SILENCE), others, page(SILENCE)) == 2 * PACKET_SAMPLES


def test_a_further_stream_is_another_recording() -> None:
    """With another codec."""
    both = HEADERS + page(SILENCE), recording("ogg flac")
    assert samples_of(*both) == PACKET_SAMPLES + samples_of(recording("ogg flac"))


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (HEADERS + b"garbage" + bytes(30), "must begin with OggS"),
        (page(b"Speex   ", flags=FIRST) + page(b"x"), "no sound of a known codec"),
        (page(SILENCE), "no sound of a known codec"),
        (HEADERS + page(b"\xff"), "opus: "),
        (
            page(b"OpusHead" + bytes(247), flags=FIRST, ends=False) + page(SILENCE),
            "before its head",
        ),
    ],
)
def test_what_can_not_be_heard(file: bytes, why: str) -> None:
    """The message says why."""
    with pytest.raises(DecodeError, match=why):
        samples_of(file)


def test_a_packet_without_end() -> None:
    """It is bounded."""
    endless = page(bytes(255 * 255), ends=False, flags=CONTINUED)
    decoder = OggDecoder()
    decoded(decoder, [HEADERS])
    most = LARGEST_PART // (255 * 255)
    assert not decoded(decoder, [endless] * most)
    with pytest.raises(DecodeError, match="a packet of more than 16777216 bytes"):
        decoded(decoder, [endless])


@pytest.mark.parametrize(("tags", "pages"), [(b"OpusTags", 1_000), (b"OpusTags" * 8_000, 263)])
def test_headers_without_end(tags: bytes, pages: int) -> None:
    """They are bounded, many small ones as well as few large ones."""
    decoder, header = OggDecoder(), page(tags)
    decoded(decoder, [page(HEAD, flags=FIRST)])
    with pytest.raises(DecodeError, match="headers have no end"):
        decoded(decoder, [header] * pages)
