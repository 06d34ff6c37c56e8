"""WebM files: tracks and blocks, as browsers write them and otherwise."""

import struct
from array import array

import pytest

from emulator.audio.decoding.decoder import LARGEST_PART, DecodeError
from emulator.audio.decoding.webm import WebmDecoder
from tests.audio.decoding.listening import decoded
from tests.audio.decoding.recordings import pieces

HEADER, SEGMENT, TRACKS, CLUSTER = "1A45DFA3", "18538067", "1654AE6B", "1F43B675"
TRACK, NUMBER, TYPE, CODEC, SOUND, RATE, CHANNELS = "AE", "D7", "83", "86", "E1", "B5", "9F"
GROUP, BLOCK, SIMPLE_BLOCK, DURATION, CUES = "A0", "A1", "A3", "9B", "1C53BB6B"
UNKNOWN = bytes.fromhex("01FFFFFFFFFFFFFF")  # the size of what lasts as long as the recording

FLOATS = [0.0, 0.25, -0.25, 0.5]
PCM = array("h", [round(32768 * each) for each in FLOATS])


def element(id: str, *content: bytes, size: bytes | None = None) -> bytes:
    """An element, its size in four bytes."""
    whole = b"".join(content)
    return bytes.fromhex(id) + (size or (len(whole) | 0x10000000).to_bytes(4)) + whole


def track(number: int, kind: int = 2, codec: bytes = b"A_PCM/FLOAT/IEEE") -> bytes:
    sound = element(SOUND, element(RATE, struct.pack(">d", 48_000)), element(CHANNELS, b"\1"))
    fields = element(NUMBER, bytes([number])), element(TYPE, bytes([kind])), element(CODEC, codec)
    return element(TRACK, *fields, sound)


def block(number: int, samples: list[float], id: str = SIMPLE_BLOCK, flags: int = 0x80) -> bytes:
    """A block of a track: its number, its time, its flags, a packet."""
    head = bytes([0x80 | number, 0, 7, flags])
    return element(id, head, struct.pack(f"<{len(samples)}f", *samples))


def webm(tracks: bytes, *blocks: bytes) -> bytes:
    """A recording in one cluster."""
    head = element(HEADER, b"\x42\x82\x84webm") + element(SEGMENT, size=UNKNOWN)
    cluster = element(CLUSTER, element("E7", b"\0"), *blocks)
    return head + element(TRACKS, tracks) + cluster + element(CUES, bytes(9))


@pytest.mark.parametrize(
    "head", [b"", webm(track(1))[:40], webm(track(1), block(1, FLOATS))], ids=["id", "head", "file"]
)
@pytest.mark.parametrize("size", [1, 500])
def test_a_file_that_goes_on_as_rubbish_is_refused(head: bytes, size: int) -> None:
    """The decoder does not wait for the end of an element that cannot be there."""
    head = head or bytes.fromhex(HEADER + "84") + b"webm"
    rubbish = b"no more WebM, but words " * 20
    with pytest.raises(DecodeError):
        decoded(WebmDecoder(), pieces(head + rubbish, size))


@pytest.mark.parametrize("size", [1, 6, 1_000])
def test_each_block_counts_once(size: int) -> None:
    """Also one in a group, and after what is of no interest."""
    group = element(GROUP, block(1, FLOATS, BLOCK, flags=0), element(DURATION, b"\x14"))
    file = webm(track(1), block(1, FLOATS), element("EC", bytes(5)), group, block(1, FLOATS))
    assert decoded(WebmDecoder(), pieces(file + webm(track(1), block(1, FLOATS)), size)) == PCM * 4


def test_another_file_has_tracks_of_its_own() -> None:
    """What was heard in the first one is not heard in the second."""
    second = webm(track(3), block(1, [9.0]), block(3, FLOATS))
    assert decoded(WebmDecoder(), [webm(track(1), block(1, FLOATS)), second]) == PCM * 2


def test_the_first_track_with_sound_is_heard() -> None:
    """Neither pictures nor another voice."""
    tracks = track(1, kind=1, codec=b"V_VP8") + track(2) + track(3)
    file = webm(tracks, block(1, [9.0]), block(2, FLOATS), block(3, [9.0]), block(2, FLOATS))
    assert decoded(WebmDecoder(), [file]) == PCM * 2


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (webm(track(1, codec=b"A_AC3"), block(1, FLOATS)), "has 'A_AC3', not one of A_OPUS"),
        (webm(track(1, kind=1, codec=b"V_VP8"), block(1, [9.0])), "no track with sound"),
        (webm(b"", block(1, FLOATS)), "no track with sound"),
        (webm(track(1), block(1, FLOATS, flags=0x86)), "laced"),
        (webm(track(1), element(SIMPLE_BLOCK, b"\x81\0\0")), "cut off"),
        (webm(track(1), element(SIMPLE_BLOCK, b"")), "cut off"),
        (b"\x1aE\xdf\xa3\x80\0", "no number begins with a zero byte"),
        (element(CUES, size=(LARGEST_PART + 1 | 0x10000000).to_bytes(4)), "of 16777217 bytes"),
    ],
)
def test_what_can_not_be_heard(file: bytes, why: str) -> None:
    """The message says why."""
    with pytest.raises(DecodeError, match=why):
        decoded(WebmDecoder(), [file])


@pytest.mark.parametrize(("rate", "form"), [(48_000.0, ">d"), (48_000.0, ">f")])
def test_a_rate_of_either_precision(rate: float, form: str) -> None:
    """Both are written."""
    sound = element(SOUND, element(RATE, struct.pack(form, rate)))
    fields = element(NUMBER, b"\1"), element(TYPE, b"\2"), element(CODEC, b"A_PCM/FLOAT/IEEE")
    assert decoded(WebmDecoder(), [webm(element(TRACK, *fields, sound), block(1, FLOATS))]) == PCM


@pytest.mark.parametrize("rate", [b"", bytes(3), struct.pack(">d", float("inf"))])
def test_pcm_without_a_rate(rate: bytes) -> None:
    """It can't be decoded."""
    sound = element(SOUND, element(RATE, rate))
    fields = element(NUMBER, b"\1"), element(TYPE, b"\2"), element(CODEC, b"A_PCM/FLOAT/IEEE")
    with pytest.raises(DecodeError):
        decoded(WebmDecoder(), [webm(element(TRACK, *fields, sound), block(1, FLOATS))])


def test_a_rate_that_makes_much_of_little() -> None:
    """At 1 Hz each sample would be 48,000 of those that come out."""
    sound = element(SOUND, element(RATE, struct.pack(">f", 1.0)))
    fields = element(NUMBER, b"\1"), element(TYPE, b"\2"), element(CODEC, b"A_PCM/FLOAT/IEEE")
    with pytest.raises(DecodeError, match="pcm_f32le of 1 Hz"):
        decoded(WebmDecoder(), [webm(element(TRACK, *fields, sound), block(1, FLOATS))])
