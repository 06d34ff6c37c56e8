"""MP4 files: boxes, fragments and whole files."""

import struct

import pytest

from emulator.audio.decoding.decoder import LARGEST_PART, DecodeError
from emulator.audio.decoding.mp4 import Mp4Decoder
from emulator.audio.mp4 import mp4_header
from emulator.audio.tones import SAMPLE_RATE, Utterance, pcm
from tests.audio.decoding.listening import decoded
from tests.audio.decoding.recordings import pieces, recording

FRAGMENTED = ("mp4", "mp4 with places in the file", "mp4 opus")


def boxes(data: bytes) -> list[bytes]:
    found = []
    while data:
        size = int.from_bytes(data[:4])
        found.append(data[:size])
        data = data[size:]
    return found


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


@pytest.mark.parametrize("kind", FRAGMENTED)
def test_each_fragment_is_heard_when_it_is_whole(kind: str) -> None:
    """Not before, and as long as the others."""
    decoder = Mp4Decoder()
    heard = []
    for each in boxes(recording(kind)):
        assert not decoded(decoder, [each[:-1]])
        heard.append((each[4:8], len(decoded(decoder, [each[-1:]]))))
    fragments = [samples for kind, samples in heard if kind == b"mdat"]
    assert len(fragments) > 15
    assert min(fragments[1:-1]) > 2_000
    assert sum(samples for _, samples in heard) == sum(fragments)


@pytest.mark.parametrize("kind", ["mp4", "mp4 opus"])  # others say where in the file things are
def test_boxes_between_fragments_change_nothing(kind: str) -> None:
    """Those of the kinds that a reader may leave out."""
    plain = decoded(Mp4Decoder(), [recording(kind)])
    wider = b"".join(
        box(b"styp", b"msdh") + box(b"free", bytes(33)) + each if each[4:8] == b"moof" else each
        for each in boxes(recording(kind))
    )
    assert decoded(Mp4Decoder(), [wider]) == plain


def test_a_box_whose_size_takes_eight_bytes() -> None:
    """As that of a large one."""
    *others, last = boxes(recording("mp4 whole, description first"))
    assert last[4:8] == b"mdat"
    before = b"".join(others)
    plain = decoded(Mp4Decoder(), [recording("mp4 whole, description first")])
    assert plain

    free = struct.pack(">I4sQ", 1, b"free", 40) + bytes(24)
    decoder = Mp4Decoder()
    assert not decoded(decoder, pieces(before + last[:-1], 10))
    assert decoded(decoder, [last[-1:]]) == plain
    assert decoded(decoder, pieces(free + recording("mp4 whole"), 9))


def test_what_the_emulator_offers_as_a_chat_s_audio() -> None:
    """PCM in a whole file, with a tone of 0.4 s."""
    body = b"".join(pcm([Utterance(300, 400, 200.0)], 1_000))
    file = mp4_header(len(body), SAMPLE_RATE) + body
    samples = decoded(Mp4Decoder(), [file])
    loud = [at for at, sample in enumerate(samples) if abs(sample) > 2_000]
    assert len(samples) == pytest.approx(48_000, abs=100)
    assert (loud[0] / 48, loud[-1] / 48) == pytest.approx((300, 700), abs=60)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (box(b"ftyp", b"isom") + struct.pack(">I4s", 3, b"moov"), "a box b'moov' of 3 bytes"),
        (box(b"ftyp", b"isom") + struct.pack(">I4s", 0, b"mdat"), "a box b'mdat' of 0 bytes"),
        (struct.pack(">I4sQ", 1, b"mdat", 1 << 40), "a box b'mdat' of 1099511627776 bytes"),
        (box(b"ftyp", b"isom") + box(b"moov") + box(b"mdat", bytes(9)), "MP4 file"),
        (box(b"moof", box(b"traf", struct.pack(">I4s", 99, b"tfhd"))), "a box b'tfhd' of 99 bytes"),
    ],
)
def test_what_can_not_be_heard(file: bytes, why: str) -> None:
    """The message says why."""
    with pytest.raises(DecodeError, match=why):
        decoded(Mp4Decoder(), [file])


def test_a_file_that_brings_no_sound() -> None:
    """It is not collected for ever."""
    decoder = Mp4Decoder()
    free = box(b"free", bytes(LARGEST_PART // 2 - 8))
    assert not decoded(decoder, [free] * 4)
    with pytest.raises(DecodeError, match="bytes of the MP4 file bring no sound"):
        decoded(decoder, [box(b"free")])


def test_parts_that_bring_no_sound() -> None:
    """To look into each takes time, so that there must not be too many."""
    *_, moof, mdat = boxes(recording("mp4"))[:4]
    head = b"".join(boxes(recording("mp4"))[:2])
    decoder, sound, empty = Mp4Decoder(), moof + mdat, box(b"moof") + box(b"mdat")
    assert decoded(decoder, [head, empty * 600, sound, empty * 600])
    with pytest.raises(DecodeError, match="1001 parts of the MP4 file bring no sound"):
        decoded(decoder, [empty * 401])


def test_a_track_header_that_is_cut_off() -> None:
    """Nothing is moved in it, as there is nothing."""
    head = b"".join(boxes(recording("mp4"))[:2])
    part = box(b"moof", box(b"traf", box(b"tfhd"))) + box(b"mdat", b"x")
    assert not decoded(Mp4Decoder(), [head + part])


def announcing(**numbers: tuple[int, int]) -> bytes:
    """A whole file with other numbers in its tables: each table's name, a place, a number."""
    file = bytearray(recording("mp4 whole, description first"))
    for table, (place, number) in numbers.items():
        struct.pack_into(">I", file, file.index(table.encode()) + 4 + place, number)
    return bytes(file)


def fragmented(samples: int, runs: int = 1) -> bytes:
    """A recording whose fragment announces samples of one byte, and has one byte."""
    track = box(b"tfhd", struct.pack(">IIII", 0x020018, 1, 1024, 1))
    run = box(b"trun", struct.pack(">II", 0, samples))
    head = b"".join(boxes(recording("mp4"))[:2])
    return head + box(b"moof", box(b"traf", track + runs * run)) + box(b"mdat", b"x")


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (announcing(stsz=(8, 1 << 31)), "announces 2147483648 samples"),
        (fragmented(1 << 31), "announces 2147483648 samples"),
        (fragmented(1 << 20, runs=3), "announces 3145728 samples"),
        (announcing(stsc=(12, 1 << 31)), "chunks of 2147483648 samples"),
        (box(b"ftyp", b"isom") + box(b"moov", box(b"cmov")), "description is compressed"),
    ],
)
def test_a_small_file_that_promises_much(file: bytes, why: str) -> None:
    """It is refused before a reader makes room for it, which may take gigabytes."""
    with pytest.raises(DecodeError, match=why):
        decoded(Mp4Decoder(), [file])


def test_packets_that_share_their_bytes() -> None:
    """A thousand packets in one place would be a thousand times as much as the file."""
    file = bytearray(announcing(stsc=(12, 1)))
    sizes, places = file.index(b"stsz") + 4, file.index(b"stco") - 4
    for number in range(int.from_bytes(file[sizes + 8 : sizes + 12])):
        struct.pack_into(">I", file, sizes + 12 + 4 * number, len(file) // 2)
    chunks = 14  # in the room of the boxes that follow
    place = file[places + 16 : places + 20]
    struct.pack_into(">I4sII", file, places, 16 + 4 * chunks, b"stco", 0, chunks)
    file[places + 16 : places + 16 + 4 * chunks] = chunks * place
    with pytest.raises(DecodeError, match="more packets than bytes"):
        decoded(Mp4Decoder(), [bytes(file)])
