"""When the chunks of generated sound are due."""

from typing import Any

import pytest

from emulator.errors import UsageError
from emulator.pace import FIRST_AUDIO_MS, Pace, pace_of
from emulator.settings import Settings

NOW = 10_000
SECONDS = range(0, 5_000, 1_000)


def due(pace: Pace, *place: str | int) -> list[int]:
    """When chunks of a second are due, from the beginning on (ms)."""
    schedule = pace.schedule(NOW, *place)
    return [schedule.due_ms(play_ms) - NOW for play_ms in SECONDS]


def test_at_once() -> None:
    """The default: neither the first sound nor jitter takes time."""
    assert due(Pace()) == due(Pace(0, 900, 900)) == [0, 0, 0, 0, 0]


def test_in_real_time() -> None:
    """The first chunk after its time, the others when they would be played."""
    assert due(Pace(1)) == [200, 1_200, 2_200, 3_200, 4_200]
    assert due(Pace(1, 500)) == [500, 1_500, 2_500, 3_500, 4_500]
    assert due(Pace(1, 0))[0] == 0


def test_faster() -> None:
    """All times shrink alike."""
    assert due(Pace(0.2, 1_000)) == [200, 400, 600, 800, 1_000]


def test_jitter_only_makes_late() -> None:
    """By no more than it may, with other numbers at each place, and the same in every run."""
    pace = Pace(1, 0, 300)
    late = [each - play_ms for each, play_ms in zip(due(pace, "a", 1), SECONDS, strict=True)]
    assert all(0 <= each <= 300 for each in late)
    assert len(set(late)) > 1
    assert due(pace, "a", 1) == due(pace, "a", 1) != due(pace, "a", 2)


def test_jitter_changes_no_places() -> None:
    """However late one chunk is, the next is not due before it."""
    schedule = Pace(1, 0, 10_000).schedule(NOW, "a")
    times = [schedule.due_ms(play_ms) for play_ms in range(0, 10_000, 100)]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("settings", "pace"),
    [
        ({}, Pace()),
        ({"pace": "realtime"}, Pace(1)),
        ({"pace": "5", "first_audio": "1.5s", "jitter": "80ms"}, Pace(0.2, 1_500, 80)),
        ({"first_audio": "200ms"}, Pace(0, FIRST_AUDIO_MS)),
    ],
)
def test_settings(settings: dict[str, Any], pace: Pace) -> None:
    """A world's settings say its pace."""
    assert pace_of(Settings(**settings)) == pace


@pytest.mark.parametrize("name", ["first_audio", "jitter"])
@pytest.mark.parametrize("text", ["soon", "-1s", "5 apples"])
def test_a_wrong_duration(name: str, text: str) -> None:
    """The message says how one looks."""
    wrong: dict[str, Any] = {name: text}
    with pytest.raises(UsageError, match=rf"{name} must be a duration such as 200ms, .*{text}"):
        Settings(**wrong)
