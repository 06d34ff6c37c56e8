"""How voices sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.audio.timbre import FRAME_BYTES, Timbre, frames_of, timbre_of, variant_of
from tests.audio.speeches import peak, samples_of


def test_thousands_of_timbres() -> None:
    """Each seed has its own; the same seed always the same one."""
    timbres = [timbre_of(str(number)) for number in range(5_000)]
    assert len(set(timbres)) == 5_000
    assert timbres[7] == timbre_of("7")
    assert timbre_of("a voice", "Female") == Timbre(200, (256, 153, 88, 78, 24, 5, 11, 7, 17))
    assert frames_of(timbres[0]).body != frames_of(timbres[1]).body


@given(st.text(), st.text())
def test_men_are_lower(man: str, woman: str) -> None:
    """Than women; others may be either."""
    assert timbre_of(man, "Male").pitch < timbre_of(woman, "Female").pitch
    assert timbre_of(man, "male") == timbre_of(man, "Male")
    assert timbre_of(man, "Robot") == timbre_of(man) == timbre_of(man, None)


@pytest.mark.parametrize("seed", ["a", "b", "c", "d", "\ud800"])
@pytest.mark.parametrize("gender", ["Male", "Female", None])
def test_tones_do_not_click(seed: str, gender: str | None) -> None:
    """Wherever frames meet, the step is no larger than within the tone."""
    frames = frames_of(timbre_of(seed, gender))
    body = samples_of(frames.body)
    largest = max(abs(a - b) for a, b in zip(body, body[1:], strict=False))
    for tone in (frames.short, frames.attack + frames.body * 2 + frames.release):
        samples = samples_of(bytes(2) + tone + bytes(2))
        assert max(abs(a - b) for a, b in zip(samples, samples[1:], strict=False)) <= largest + 100
    assert peak(body) == 8192
    assert {len(frames.attack), len(frames.release), len(frames.short)} == {FRAME_BYTES}


def test_variants_of_a_timbre() -> None:
    """They share its pitch; the first is the timbre itself."""
    timbre = timbre_of("a")
    variants = [variant_of(timbre, number) for number in range(20)]
    assert variants[0] == timbre
    assert len({frames_of(variant).body for variant in variants}) == 20
    assert {variant.pitch for variant in variants} == {timbre.pitch}
