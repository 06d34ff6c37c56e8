"""From 22,050 Hz to 48 kHz."""

from array import array

import pytest

from emulator.audio.resampling import resampled, resampled_length


@pytest.mark.parametrize("count", [0, 1, 2, 147, 148, 22_049, 22_050, 22_051, 45_000])
def test_each_sample_lies_between_two(count: int) -> None:
    """Sound is interpolated, also where one second follows another; its last sample is held."""
    sound = array("h", [at * at * 7_919 % 65_536 - 32_768 for at in range(count)])
    made = array("h", b"".join(resampled(sound.tobytes())))

    assert len(made) == resampled_length(count)
    for at, sample in enumerate(made):
        first, part = divmod(at * 147, 320)
        before, after = sound[first], sound[min(first + 1, count - 1)]
        assert abs(before + (after - before) * part / 320 - sample) <= 129  # weights of 1/256


def test_a_second_is_a_second() -> None:
    """Pieces last a second, and the last one the rest."""
    pieces = list(resampled(bytes(2 * 22_050 * 2 + 2 * 147)))
    assert [len(piece) // 2 for piece in pieces] == [48_000, 48_000, 320]
    assert not any(map(any, pieces))
