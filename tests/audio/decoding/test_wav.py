"""WAV files: their headers, and what follows."""

import struct
from array import array

import pytest

from emulator.audio.decoding.decoder import LARGEST_PART, DecodeError
from emulator.audio.decoding.wav import WavDecoder
from tests.audio.decoding.listening import decoded
from tests.audio.decoding.recordings import pieces, wav, wav_layout

RIFF = (0x4952, 0x4646)  # the bytes of RIFF as samples
SAMPLES = array("h", [1, -2, 300, -400, *RIFF, 5, 6, 7, *RIFF, 8, 9, 10, 11])
DATA = SAMPLES.tobytes()


@pytest.mark.parametrize("size", [1, 5, 1_000])
def test_samples_come_out_as_they_went_in(size: int) -> None:
    """None is lost to what stands around them, nor to bytes that could begin another file."""
    file = wav(DATA) + DATA
    decoder = WavDecoder()
    assert decoded(decoder, pieces(file, size)) == SAMPLES + SAMPLES
    assert decoder.sample_rate == 16_000


def test_the_first_channel_counts() -> None:
    """Of a file with three of them, whose format has more fields than PCM needs."""
    layout = wav_layout(0xFFFE, channels=3, rate=8_000) + bytes(24)
    decoder = WavDecoder()
    assert decoded(decoder, [wav(DATA, layout)]) == SAMPLES[::3]
    assert decoder.sample_rate == 8_000


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_another_file_follows(size: int) -> None:
    """With another rate, after an odd byte that belongs to nothing."""
    decoder = WavDecoder()
    files = wav(DATA) + b"\1" + wav(DATA, wav_layout(rate=44_100))
    assert decoded(decoder, pieces(files, size)) == SAMPLES + SAMPLES
    assert decoder.sample_rate == 44_100


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        (wav_layout()[:15], "has 15 bytes, not 16"),
        (b"", "has 0 bytes"),
        (wav_layout(encoding=7, bits=8), "8-bit samples of format 7"),
        (wav_layout(encoding=3), "16-bit samples of format 3"),
        (wav_layout(bits=24), "24-bit samples of format 1"),
        (wav_layout(channels=0), "0 channels"),
        (wav_layout(channels=17), "17 channels, not 1 to 16"),
        (wav_layout(rate=3_999), "3999 samples a second"),
        (wav_layout(rate=384_001), "384001 samples a second"),
    ],
)
def test_a_format_that_is_not_known(layout: bytes, why: str) -> None:
    """The message says what it is."""
    with pytest.raises(DecodeError, match=why):
        decoded(WavDecoder(), [wav(DATA, layout)])


@pytest.mark.parametrize(
    "layout",
    [
        wav_layout(channels=1, rate=4_000),
        wav_layout(channels=16, rate=384_000),
        wav_layout() + b"\0",
    ],
)
def test_formats_at_the_limits(layout: bytes) -> None:
    """They are read."""
    assert decoded(WavDecoder(), [wav(DATA * 16, layout)])


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (b"RIFF\0\0\0\0AVI LIST", "is not WAV"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "does not say in which format"),
        (
            b"RIFF\0\0\0\0WAVELIST" + struct.pack("<I", LARGEST_PART + 1),
            "a chunk of 16777217 bytes",
        ),
    ],
)
def test_a_header_that_leads_nowhere(header: bytes, why: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(DecodeError, match=why):
        decoded(WavDecoder(), [header])


def test_a_header_without_end() -> None:
    """Chunk after chunk, but no samples."""
    decoder = WavDecoder()
    chunk = b"LIST" + struct.pack("<I", LARGEST_PART // 4) + bytes(LARGEST_PART // 4)
    decoded(decoder, [b"RIFF\0\0\0\0WAVE" + 3 * chunk])
    with pytest.raises(DecodeError, match="no end within 16777216 bytes"):
        decoded(decoder, [chunk])


class CountedStruct:
    """A struct that counts how often it is read."""

    def __init__(self, format: str) -> None:
        self._struct = struct.Struct(format)
        self.size = self._struct.size
        self.reads = 0

    def unpack_from(self, data: bytearray) -> tuple[object, ...]:
        self.reads += 1
        return self._struct.unpack_from(data)


def test_a_header_of_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is read once, in however many pieces the header comes."""
    chunk = CountedStruct("<4sI")
    monkeypatch.setattr("emulator.audio.decoding.wav._CHUNK", chunk)
    header = b"RIFF\0\0\0\0WAVE" + (b"LIST" + bytes(4)) * 20_000
    decoder = WavDecoder()
    assert not decoded(decoder, pieces(header, 100))
    assert chunk.reads == pytest.approx(20_000, rel=0.1)
    assert decoded(decoder, [wav(DATA)[12:]]) == SAMPLES
