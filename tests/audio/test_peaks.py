"""Whether a sound is loud: as its samples say."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.audio.peaks import loud_part

SAMPLES = st.lists(st.integers(-32_768, 32_767), max_size=20)


@given(SAMPLES, st.integers(1, 32_767))
def test_a_sound_is_loud_if_a_sample_is(samples: list[int], peak: int) -> None:
    expected = any(abs(sample) >= peak for sample in samples)
    assert loud_part(peak).is_in(array("h", samples)) == expected


@pytest.mark.parametrize("peak", [1, 255, 256, 257, 1036, 32_512, 32_767])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_peak_itself_is_loud(peak: int, sign: int) -> None:
    assert loud_part(peak).is_in(array("h", [0, sign * peak]))
    assert not loud_part(peak).is_in(array("h", [0, sign * (peak - 1)]))
