"""Tests of the readers of WAV, PCM and JPEG."""

import io
import struct
import wave
from contextlib import suppress

import pytest

from emulator.apis.expression.media import (
    MAX_IMAGE_BYTES,
    MediaProblem,
    check_image,
    jpeg_size,
    read_audio,
)
from tests.apis.expression.media import jpeg, loud, wav, wav_with_format


def refusal(data: bytes) -> tuple[str, str]:
    """Return the code and the message with which audio is refused."""
    with pytest.raises(MediaProblem) as info:
        read_audio(data)
    return info.value.code, str(info.value)


def image_refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(MediaProblem) as info:
        check_image(data)
    return info.value.code, str(info.value)


def test_a_wav_file_loses_its_header() -> None:
    """As a library of Python writes it, and with chunks before and after the data."""
    pcm = loud(20)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(pcm)
    assert read_audio(file.getvalue()) == pcm
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    plain = wav(pcm)
    assert read_audio(plain[:12] + odd + plain[12:] + odd) == pcm


def test_what_is_no_known_format_is_samples() -> None:
    """Even if it begins with what one header of MP3 might be."""
    assert read_audio(b"\xff\xfb\x90\x00" + bytes(600)) == b"\xff\xfb\x90\x00" + bytes(600)
    assert read_audio(b"{}") == b"{}"


@pytest.mark.parametrize(
    ("fields", "has"),
    [
        ((1, 1, 44_100, 16), "has 44100 Hz."),
        ((1, 2, 16_000, 16), "has 2 channels."),
        ((1, 2, 48_000, 24), "has 24-bit samples and 48000 Hz and 2 channels."),
        ((3, 1, 16_000, 32), "has floating point and 32-bit samples."),
        ((0xFFFE, 1, 16_000, 16), "has the extensible header."),
        ((0x55, 1, 16_000, 16), "has the format 0x0055."),
    ],
)
def test_the_error_says_which_wav_it_got(fields: tuple[int, ...], has: str) -> None:
    """A rate, a number of channels, a format: all that is wrong at once, and what to do."""
    code, message = refusal(wav_with_format(*fields))
    assert code == "audio_decode_failed"
    assert message.startswith("The WAV file must be 16-bit PCM, 16000 Hz, mono, and has ")
    assert has in message
    assert "ffmpeg" in message


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"", "audio_decode_failed", "is empty"),
        (b"abc", "audio_decode_failed", "has an odd number of bytes, 3"),
        (wav(loud(9))[:-2], "audio_decode_failed", "is cut off: its chunk 'data' should have 288"),
        (wav(b""), "audio_decode_failed", "data is empty"),
        (wav(b"abc"), "audio_decode_failed", "odd number"),
        (wav(loud(9))[:30], "audio_decode_failed", "is cut off"),
        (wav(loud(9))[:36], "audio_decode_failed", "has no data"),
        (b"RIFF\0\0\0\0WAVEdata\2\0\0\0ab", "audio_decode_failed", "data before its format"),
        (b"RIFF\0\0\0\0WAVEfmt \2\0\0\0ab", "audio_decode_failed", "format has 2 bytes"),
        (b"RIFF\0\0\0\0AVI ", "unsupported_media_type", "not WAV"),
        (b"RIFF", "unsupported_media_type", "not WAV"),
        (b"fLaC1234", "unsupported_media_type", "is FLAC"),
        (b"OggS1234", "unsupported_media_type", "is Ogg"),
        (b"ID3\4\0\0", "unsupported_media_type", "is MP3"),
        (b"\0\0\0\x20ftypM4A ", "unsupported_media_type", "is MP4"),
        ((b"\xff\xfb\x90\x00" + bytes(413)) * 2, "unsupported_media_type", "is MP3"),
    ],
)
def test_audio_that_is_refused(data: bytes, code: str, message: str) -> None:
    """Each error has its code, and says what came."""
    got_code, got_message = refusal(data)
    assert got_code == code
    assert message in got_message


def test_the_size_of_a_jpeg() -> None:
    """Of every kind of frame, with fill bytes before a marker."""
    assert jpeg_size(jpeg(1280, 720)) == (1280, 720)
    progressive = jpeg(17, 4).replace(b"\xff\xc0", b"\xff\xff\xc2")
    assert jpeg_size(progressive) == (17, 4)


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (b"", "unsupported_media_type", "is empty"),
        (b"\x89PNG\r\n", "unsupported_media_type", "does not begin as a JPEG"),
        (b"\xff\xd8", "image_decode_failed", "ends before its size"),
        (jpeg()[:24], "image_decode_failed", "ends before its size"),
        (b"\xff\xd8\xff\xd9\0\0", "image_decode_failed", "before its pixels"),
        (b"\xff\xd8\0\0\0\0", "image_decode_failed", "byte 2 should begin a marker"),
        (b"\xff\xd8\xff\xe0\0\x01\0\0", "image_decode_failed", "at byte 2 has the length 1"),
        (b"\xff\xd8" + b"\xff" * 1_999_998, "image_decode_failed", "ends before its size"),
        (b"\xff\xd8" + b"\xff\xd0" * 999_999, "image_decode_failed", "within 10000 markers"),
        (jpeg(0, 5), "image_decode_failed", "0 x 5 pixels"),
        (b"\xff\xd8\xff\xc0\0\x05\0\0\0\0\0\0", "image_decode_failed", "ends before its size"),
    ],
)
def test_images_that_are_refused(data: bytes, code: str, message: str) -> None:
    """What is no JPEG, and a JPEG without a size."""
    got_code, got_message = image_refusal(data)
    assert got_code == code
    assert message in got_message


def test_the_limits_of_images_are_exact() -> None:
    """Bytes and pixels: the most is accepted, one more is not."""
    assert check_image(jpeg(3840, 2160, size=MAX_IMAGE_BYTES)) == (3840, 2160)
    assert image_refusal(jpeg(size=MAX_IMAGE_BYTES + 1))[0] == "image_too_large"
    code, message = image_refusal(jpeg(8_294_401 // 127, 128))
    assert code == "image_too_large"
    assert "at most 8294400" in message


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_cut_media_have_an_error_or_a_value(cut: int) -> None:
    """No beginning of a file raises anything else."""
    for data in (wav(loud(4))[:cut], jpeg()[:cut]):
        for reader in (read_audio, check_image):
            with suppress(MediaProblem):
                reader(data)
