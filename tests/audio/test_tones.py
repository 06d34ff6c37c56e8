"""Tones: when they sound, how long they last, and the WAV files of a live chat."""

import wave
from array import array
from base64 import b64decode
from io import BytesIO

import pytest

from emulator.audio.live_voices import USER_TONES
from emulator.audio.tones import (
    LIVE_SAMPLE_RATE,
    SAMPLE_RATE,
    Utterance,
    pcm,
    pcm_bytes,
    speech_ms,
    wav_chunks,
)


def loudness(samples: bytes, begin_ms: int, end_ms: int) -> int:
    part = array("h", samples)[begin_ms * SAMPLE_RATE // 1000 : end_ms * SAMPLE_RATE // 1000]
    return max(map(abs, part))


def test_speech_is_heard_where_it_was_said() -> None:
    """There is sound while somebody speaks, and silence before and after."""
    utterance = USER_TONES.utterance("Hello there.", 1_000)
    samples = b"".join(pcm([utterance], 5_000))

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


def frames_of(data: bytes) -> bytes:
    """The samples of a WAV file, which must be 48 kHz, 16 bit and mono."""
    with wave.open(BytesIO(data)) as file:
        assert file.getframerate() == 48_000 == LIVE_SAMPLE_RATE
        assert (file.getsampwidth(), file.getnchannels()) == (2, 1)
        return bytes(file.readframes(file.getnframes()))


@pytest.mark.parametrize("text", ["", "Hm", "Hello there.", "A long sentence. " * 40, "\n🚲"])
def test_live_speech_is_wav_files(text: str) -> None:
    """Each chunk is a WAV file, 44 bytes before its samples; together they last as the text."""
    chunks = list(wav_chunks(speech_ms(text)))
    files = [b64decode(chunk, validate=True) for chunk in chunks]
    samples = b"".join(frames_of(file) for file in files)

    assert len(samples) / 2 / 48_000 * 1000 == speech_ms(text) > 0
    assert all(frames_of(file) == file[44:] for file in files)
    assert b"".join(file[44:] for file in files) == samples
    assert max(map(len, chunks)) < 2**20 - 1_000


def test_live_speech_is_heard() -> None:
    """There is a tone in every chunk, and silence between the syllables."""
    for chunk in wav_chunks(speech_ms("A sentence of some length, for several chunks.")):
        samples = array("h", frames_of(b64decode(chunk)))
        assert max(map(abs, samples)) > 5_000
        assert samples[0] == 0


@pytest.mark.parametrize(("text", "ms"), [("", 180), ("a", 180), ("abc", 180), ("abcd", 360)])
def test_speech_takes_whole_syllables(text: str, ms: int) -> None:
    """A syllable of three characters takes 180 ms; nothing takes less."""
    assert speech_ms(text) == ms
