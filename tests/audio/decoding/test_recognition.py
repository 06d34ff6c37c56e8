"""What a stream is taken for, by its first bytes."""

import pytest

from emulator.audio.decoding.decoder import DecodeError
from emulator.audio.decoding.mp4 import Mp4Decoder
from emulator.audio.decoding.mpeg import HEADER, MpegDecoder, frame_length
from emulator.audio.decoding.ogg import OggDecoder
from emulator.audio.decoding.pcm import PcmDecoder
from emulator.audio.decoding.recognition import begins_container, new_decoder
from emulator.audio.decoding.wav import WavDecoder
from emulator.audio.decoding.webm import WebmDecoder
from tests.audio.decoding.listening import PCM
from tests.audio.decoding.recordings import recording

SIGNS: list[tuple[str, type, int]] = [  # and how many bytes it takes to know
    ("wav", WavDecoder, 4),
    ("webm opus", WebmDecoder, 4),
    ("ogg opus", OggDecoder, 4),
    ("mp3", MpegDecoder, 3),
    ("mp4", Mp4Decoder, 8),
]


@pytest.mark.parametrize(("kind", "decoder", "needed"), SIGNS)
def test_a_container_by_its_sign(kind: str, decoder: type, needed: int) -> None:
    """It is known as soon as its sign is whole, and nothing before that is."""
    data = recording(kind)
    for length in range(1, needed):
        assert new_decoder(data[:length], PCM) is None
        assert not begins_container(data[:length])
    assert type(new_decoder(data[:needed], PCM)) is decoder
    assert begins_container(data[:needed])


@pytest.mark.parametrize("kind", ["mp3 without a tag", "aac"])
def test_frames_by_two_headers(kind: str) -> None:
    """One could be a sample by chance."""
    data = recording(kind)
    needed = next(n for n in range(1, len(data)) if new_decoder(data[:n], None) is not None)
    assert needed == (frame_length(data) or 0) + HEADER
    assert isinstance(new_decoder(data[:needed], None), MpegDecoder)
    assert isinstance(new_decoder(data[: needed - HEADER] + bytes(HEADER), None), PcmDecoder)


@pytest.mark.parametrize(
    "first",
    [
        "01",
        "0000",  # no box is that small, but the first byte of a size is 0, too
        "0000000000",
        "00000014 66747970"[:8] + "00",
        "FF00",
        "FFFF",
        "FFFB F000 0000",
        "5249 4647",
        "49 44 34",
        "1A45DFA4",
    ],
)
def test_all_else_is_raw(first: str) -> None:
    """As soon as it can be nothing else; the settings say at which rate."""
    data = bytes.fromhex(first)
    if first == "0000":
        assert new_decoder(data, PCM) is None
        return
    decoder = new_decoder(data, PCM)
    assert isinstance(decoder, PcmDecoder)
    assert decoder.sample_rate == PCM.sample_rate
    assert not begins_container(data)
    plain = new_decoder(data, None)
    assert plain is not None
    assert plain.sample_rate == 48_000


def test_a_format_that_nothing_decodes() -> None:
    """It is known, and refused."""
    with pytest.raises(DecodeError, match="FLAC"):
        new_decoder(b"fLaC\0\0", None)
