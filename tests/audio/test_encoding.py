"""Files of each format: what decodes them, how long they are, how large."""

import wave
from io import BytesIO
from itertools import pairwise

import av
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emulator.audio.encoding import (
    SECOND_BYTES,
    encode_file,
    file_bytes,
    new_encoder,
    regrouped,
)
from emulator.audio.speech import Speech
from emulator.audio.timbre import timbre_of
from tests.audio.speeches import SPEECHES, peak, samples_of

pytestmark = pytest.mark.slow

TIMBRE = timbre_of("a voice")
FORMATS = ("pcm", "wav", "mp3")


def encoded(format: str, speech: Speech, size: int) -> bytes:
    encoder = new_encoder(format, speech.samples)
    pieces = regrouped(speech.sound(TIMBRE), size)
    return b"".join((encoder.begin(), *map(encoder.encode, pieces), encoder.end()))


def decoded(data: bytes) -> bytes:
    """The samples of a WAV or MP3 file, as FFmpeg decodes it: 48 kHz, mono."""
    pcm = bytearray()
    with av.open(BytesIO(data), "r") as file:
        resampler = av.AudioResampler("s16", "mono", 48_000)
        for frame in file.decode(audio=0):
            assert (frame.sample_rate, frame.layout.nb_channels) == (48_000, 1)
            for part in resampler.resample(frame):
                pcm += memoryview(part.planes[0])[: 2 * part.samples]
    return bytes(pcm)


@settings(max_examples=60, deadline=None)
@given(SPEECHES, st.sampled_from(FORMATS), st.sampled_from([2, 1_000, 1_921, SECOND_BYTES]))
def test_files_last_as_the_speech(speech: Speech, format: str, size: int) -> None:
    """To the sample for PCM and WAV, within 70 ms for MP3; the size is known before."""
    size = max(size, 2 * speech.samples // 500)  # few pieces
    data = encoded(format, speech, size + size % 2)
    assert len(data) == file_bytes(format, speech.samples)
    if format == "mp3":
        assert 0 <= len(decoded(data)) // 2 - speech.samples <= 0.07 * 48_000
    else:
        pcm = data if format == "pcm" else decoded(data)
        assert pcm == b"".join(speech.sound(TIMBRE))


@settings(deadline=None)
@given(st.integers(0, 20_000))
@example(1_152)
@example(1_153)
def test_the_size_of_a_file(samples: int) -> None:
    """It is known before the file is made, for any number of samples."""
    for format in FORMATS:
        data = encode_file(format, bytes(2 * samples))
        assert len(data) == file_bytes(format, samples)
        if samples and format != "pcm":
            assert abs(len(decoded(data)) // 2 - samples) <= (0.07 * 48_000 * (format == "mp3"))


def test_mp3_is_frames_of_the_services_kind() -> None:
    """MPEG-1 Layer III of 128 kbit/s, 48 kHz, mono: each frame has 384 bytes, no tag is first."""
    data = encode_file("mp3", b"".join(Speech("Hello there. " * 20).sound(TIMBRE)))
    assert len(data) % 384 == 0
    assert {data[at : at + 4].hex() for at in range(0, len(data), 384)} == {"fffb94c4"}
    assert b"Xing" not in data
    assert b"Info" not in data


def test_mp3_has_the_tone() -> None:
    """It is where the word is, but for the encoder's delay."""
    speech = Speech("Hello", trailing_silence_s=1)
    samples = samples_of(decoded(encoded("mp3", speech, SECOND_BYTES)))
    (word,) = speech.words()
    assert peak(samples[word.begin_ms * 48 : word.end_ms * 48]) > 5_000
    assert peak(samples[(word.end_ms + 100) * 48 :]) < 100


def test_the_same_bytes_twice() -> None:
    """Also however the samples come to the encoder."""
    speech = Speech("Hello there, my friend.")
    for format in FORMATS:
        assert len({encoded(format, speech, size) for size in (500, 96_000, 96_000)}) == 1


def test_wav_header() -> None:
    """It has 44 bytes, with the true sizes."""
    speech = Speech("Hello there.")
    data = encoded("wav", speech, SECOND_BYTES)
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert int.from_bytes(data[40:44], "little") == len(data) - 44 == 2 * speech.samples
    with wave.open(BytesIO(data)) as file:
        assert file.getparams()[:4] == (1, 2, 48_000, speech.samples)


def test_an_unknown_format_is_a_mistake() -> None:
    """The message says which there are."""
    with pytest.raises(ValueError, match="'flac'; use pcm, wav or mp3"):
        new_encoder("flac", 1)


@given(st.lists(st.binary(max_size=20)), st.integers(1, 30))
def test_regrouped(pieces: list[bytes], size: int) -> None:
    """The same bytes; all pieces but the last have that size, and none is empty."""
    groups = list(regrouped(pieces, size))
    assert b"".join(groups) == b"".join(pieces)
    assert all(len(group) == size for group, _ in pairwise(groups))
    assert all(0 < len(group) <= size for group in groups)


def test_a_file_is_begun_before_its_end() -> None:
    """An encoder gives what it can after each piece, and its end is short."""
    encoder = new_encoder("mp3", 48_000)
    assert len(encoder.encode(bytes(SECOND_BYTES))) >= 38 * 384
    assert len(encoder.end()) <= 5 * 384
