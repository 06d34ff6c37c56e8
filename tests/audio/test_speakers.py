"""Who says texts."""

import builtins
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from emulator.audio import speakers
from emulator.audio.sound import Tones
from emulator.audio.speakers import check_voice, speaker_of
from emulator.audio.speech import Speech
from emulator.audio.timbre import timbre_of
from emulator.errors import UsageError
from emulator.server import new_app
from emulator.settings import Settings


def test_tones_by_default() -> None:
    """Without a voice a text is said in tones, for which nothing must be installed."""
    speaker = speaker_of(Settings().voice)
    assert isinstance(speaker, Tones)
    assert not speaker.takes_time
    assert speaker.speak("Hi", timbre_of("x"), 2.0, 0.5, 1) == Speech("Hi", 2.0, 0.5, 1)
    check_voice("tones")


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of espeak can be imported."""
    real = builtins.__import__

    def refusing(name: str, globals: Mapping[str, Any] | None = None, *more: Any) -> Any:
        if "espeak" in name:
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, globals, *more)

    monkeypatch.setattr(builtins, "__import__", refusing)
    speakers._espeak.cache_clear()
    yield
    speakers._espeak.cache_clear()


@pytest.mark.usefixtures("without_package")
def test_a_missing_package_stops_the_start() -> None:
    """The error says what to install."""
    with pytest.raises(UsageError, match=r"pip install 'evi-emulator\[voice\]'"):
        new_app(Settings(voice="espeak"))
