"""Speech of a server, as far as it is kept."""

import pytest

from emulator.audio import served
from emulator.audio.own_sound import OwnSound
from emulator.audio.served import KeptSpeech, ServedSpeaker, Wanted
from emulator.audio.speech import Speech
from emulator.audio.timbre import timbre_of


def test_what_is_kept_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was wanted least of late goes first; one sound stays, whatever its size."""
    monkeypatch.setattr(served, "_KEPT_BYTES", 10)
    kept = KeptSpeech()
    first, second, third = (Wanted(text, "x") for text in "abc")
    kept.keep(first, b"1234")
    kept.keep(first, b"12345")
    kept.keep(second, b"12345")
    assert kept.find(first) == b"12345"
    kept.keep(third, b"1")
    assert [kept.find(each) for each in (first, second, third)] == [b"12345", None, b"1"]
    kept.keep(second, b"1" * 20)
    assert [kept.find(each) for each in (first, third)] == [None, None]
    assert kept.find(second) is not None


def test_a_sound_stays_as_it_is() -> None:
    """Once it is measured, what comes later changes nothing; a new one is as it is then."""
    asked: list[Wanted] = []
    speaker = ServedSpeaker(KeptSpeech(), "", "usual", asked.append)
    sound = speaker.speak("Hello.", timbre_of("x"), 2.0, 0.5)
    assert sound.is_missing
    assert sound.said == Speech("Hello.", 2.0, 0.5)
    assert asked == [Wanted("Hello.", "usual", 2.0)]
    speaker.kept.keep(asked[0], bytes(96))
    assert sound.samples == Speech("Hello.", 2.0, 0.5).samples
    again = speaker.speak("Hello.", timbre_of("x"), 2.0, 0.5)
    assert again.said == OwnSound("Hello.", bytes(96), 24_000)
    assert again.samples == 48 + 24_000
    assert b"".join(again.sound(timbre_of("x"))) == bytes(96 + 48_000)


def test_a_text_without_words_is_not_asked_for() -> None:
    """Servers refuse it."""
    asked: list[Wanted] = []
    sound = ServedSpeaker(KeptSpeech(), "x", "usual", asked.append).speak("...", timbre_of("x"))
    assert not sound.is_missing
    assert list(sound.words()) == []
    assert asked == []
