"""Conversions: as long and as loud as the recording, in another voice."""

import math
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.audio.conversion import converted, loudness_of
from emulator.audio.decoding import codec
from emulator.audio.decoding.decoder import DecodeError, DecoderMissingError
from emulator.audio.encoding import encode_file
from emulator.audio.speech import Speech
from emulator.audio.timbre import timbre_of
from emulator.audio.wav import wav_header
from tests.audio.decoding.recordings import KINDS, SENTENCE, recording
from tests.audio.speeches import peak, samples_of

TIMBRE = timbre_of("a voice", "Male")
RATES = [4_000, 8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]


def wav(samples: "array[int]", rate: int) -> bytes:
    return wav_header(2 * len(samples), rate) + samples.tobytes()


def tone(rate: int, seconds: float, height: int) -> "array[int]":
    count = round(rate * seconds)
    return array("h", (round(height * math.sin(2764.6 * n / rate)) for n in range(count)))


@pytest.mark.parametrize("rate", RATES)
def test_a_byte_for_20_ms(rate: int) -> None:
    """At every rate, without an error that adds up; a rest counts as a whole one."""
    loudness = loudness_of(wav(tone(rate, 3.01, 9_000), rate), 60)
    assert len(loudness) == 151
    expected = 255 * math.sqrt(9_000 / 32_768 / math.sqrt(2))
    assert loudness[10:150] == pytest.approx([expected] * 140, abs=6)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pcm"])
def test_every_kind_of_recording(kind: str) -> None:
    """Its words are loud, the rest is silent, and it lasts about as long."""
    loudness = loudness_of(recording(kind), 60)
    assert abs(20 * len(loudness) - len(SENTENCE) / 16) <= 160  # delays of encoders
    assert max(loudness[:8]) < 20
    assert min(loudness[16:32]) > 80
    assert max(loudness[75:]) < 20


@pytest.mark.parametrize("format", ["wav", "mp3"])
def test_speech_of_our_own(format: str) -> None:
    """A file that the emulator made can be converted."""
    speech = Speech("Hello there, my friend.", trailing_silence_s=0.5)
    loudness = loudness_of(encode_file(format, b"".join(speech.sound(TIMBRE))), 60)
    assert 20 * len(loudness) == pytest.approx(speech.samples / 48, abs=70)
    for word in speech.words():
        assert max(loudness[word.begin_ms // 20 : word.end_ms // 20]) > 80


def test_no_more_than_so_many_seconds() -> None:
    """What follows is left out."""
    data = wav(tone(8_000, 3, 9_000), 8_000)
    assert len(loudness_of(data, 1)) == 50
    assert len(loudness_of(data, 0.01)) == 1
    assert loudness_of(data, 0) == b""


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"example_audio", "begins with b'example_'"),
        (b"RI", "begins with b'RI'"),
        (b"fLaC" + bytes(100), "FLAC"),
        (b"RIFF1234AVI ", "not WAV"),
    ],
)
def test_what_is_no_recording(data: bytes, problem: str) -> None:
    """The message says what it is, or what it is not."""
    with pytest.raises(DecodeError, match=problem):
        loudness_of(data, 60)


def test_the_decoder_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """WAV needs none; the others say so."""

    def missing() -> None:
        raise DecoderMissingError("the package av is not installed")

    monkeypatch.setattr(codec, "load_av", missing)
    assert loudness_of(recording("wav"), 60)
    with pytest.raises(DecoderMissingError):
        loudness_of(recording("mp3"), 60)


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=60))
def test_a_conversion_is_as_long(loudness: bytes) -> None:
    """20 ms for each byte, the same bytes each time, silent where the recording was."""
    pieces = list(converted(loudness, TIMBRE))
    assert [len(piece) for piece in pieces] == [1_920] * len(loudness)
    assert pieces == list(converted(loudness, TIMBRE))
    for number, byte in enumerate(loudness):
        is_silent = byte < 8 and (number == 0 or loudness[number - 1] < 8)
        assert (peak(samples_of(pieces[number])) == 0) == is_silent


@pytest.mark.parametrize("level", [40, 80, 120, 160])
def test_a_conversion_is_as_loud(level: int) -> None:
    """What hears it again finds about the same loudness."""
    sound = b"".join(converted(bytes([level] * 50), TIMBRE))
    assert loudness_of(encode_file("wav", sound), 60)[1:] == pytest.approx([level] * 49, abs=9)


def test_voices_differ() -> None:
    """The same recording sounds different in each."""
    sounds = [b"".join(converted(b"\x80" * 5, timbre_of(seed))) for seed in "abc"]
    assert len(set(sounds)) == 3


def test_a_conversion_does_not_click() -> None:
    """Its loudness changes within a frame, not between two."""
    samples = samples_of(b"".join(converted(b"\x60\x80\xa0\x60\x00", TIMBRE)))
    steps = [abs(a - b) for a, b in zip(samples, samples[1:], strict=False)]
    assert max(steps[960::960]) <= max(steps[1:960]) + max(steps[961:1_920])
