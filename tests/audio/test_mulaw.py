"""Sound as on a telephone line: every code, every sample, and lengths."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.audio.mulaw import RATE, SILENCE, decode, encode, from_pcm

CODES = bytes(range(256))
SAMPLES = array("h", range(-32768, 32768)).tobytes()


def test_every_code_stands_for_the_sample_that_the_standard_names() -> None:
    samples = array("h", decode(CODES))
    assert (samples[0x00], samples[0x80], samples[0x0F]) == (-32124, 32124, -16764)
    assert samples[SILENCE] == samples[0x7F] == 0
    assert list(samples[:128]) == sorted(samples[:128])


def test_every_code_comes_back_from_its_sample() -> None:
    assert encode(decode(CODES)) == CODES.replace(b"\x7f", bytes([SILENCE]))  # 0 has two codes


def test_a_sample_keeps_its_loudness_within_a_step() -> None:
    before, after = array("h", SAMPLES), array("h", decode(encode(SAMPLES)))
    for one, other in zip(before, after, strict=True):
        assert abs(one - other) <= max(4, abs(one) // 30 + 4)


def test_samples_get_the_codes_of_the_standard_library() -> None:
    audioop = pytest.importorskip("audioop", reason="Python 3.13 has no audioop")
    whole = [sample for sample in range(-32768, 32768) if sample % 4 == 0]  # 14 bits, as there
    pcm = array("h", whole).tobytes()
    assert encode(pcm) == audioop.lin2ulaw(pcm, 2)
    assert decode(CODES) == audioop.ulaw2lin(CODES, 2)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_a_second_of_any_rate_is_a_second_on_the_line(rate: int) -> None:
    tone = array("h", (round(9_000 * math.sin(n / rate * 2 * math.pi * 300)) for n in range(rate)))
    sound = from_pcm(tone.tobytes(), rate)
    assert len(sound) == RATE
    heard = array("h", decode(sound))
    crossings = sum(1 for a, b in zip(heard, heard[1:], strict=False) if a < 0 <= b)
    assert 299 <= crossings <= 300
    assert 8_000 < max(heard) < 9_500


@given(
    st.lists(st.integers(-32768, 32767), max_size=300),
    st.sampled_from([4_000, 8_000, 11_025, 24_000]),
)
def test_no_sound_is_too_short(samples: list[int], rate: int) -> None:
    sound = from_pcm(array("h", samples).tobytes(), rate)
    assert abs(len(sound) - len(samples) * RATE / rate) <= 1
