"""Tests of the script of measurements."""

import pytest

from emulator.apis.expression.scores import Score
from emulator.apis.expression.script import (
    NO_SCRIPT,
    Frames,
    ScriptedFace,
    ScriptProblem,
    Speech,
    read_script,
)

ALL = """
# An interview.
speech from 30 s: anger 0.7
speech from 98 ms to 26 s: Joy 0.8, surprise (positive) .4; voice husky 0.9, fast 0.725
speech from 27.5 s to 0.5 min

face at 40,30 to 200,230.5 in frames 3 to 5 with confidence 0.95: amusement 0.7; shows smile 0.9
face at 0,0 to 80,80 in frame 7
fail at 12 s
fail in frames 2 to 6   # five in a row
"""


def problem(text: str) -> str:
    """Return why a script is refused."""
    with pytest.raises(ScriptProblem) as info:
        read_script(text)
    return str(info.value)


def test_a_script_with_everything() -> None:
    """Speech is in the order of time, whatever the order of the lines."""
    script = read_script(ALL)
    assert script.speech == (
        Speech(
            98,
            26_000,
            (Score("joy", 0.8), Score("surprise (positive)", 0.4)),
            (Score("husky", 0.9), Score("fast", 0.725)),
        ),
        Speech(27_500, 30_000),
        Speech(30_000, None, (Score("anger", 0.7),), ()),
    )
    assert script.faces == (
        ScriptedFace(
            (40, 30, 200, 230.5),
            Frames(3, 5),
            0.95,
            (Score("amusement", 0.7),),
            (Score("smile", 0.9),),
        ),
        ScriptedFace((0, 0, 80, 80), Frames(7, 7)),
    )
    assert script.failures_ms == (12_000,)
    assert [script.fails_in(frame) for frame in (1, 2, 6, 7)] == [False, True, True, False]
    assert script.text == ALL


def test_what_is_not_scripted() -> None:
    """Nothing is scripted by an empty text; and that there is nothing can be said."""
    assert read_script("") == NO_SCRIPT
    assert (NO_SCRIPT.speech, NO_SCRIPT.faces) == (None, None)
    nothing = read_script("no speech\nno faces")
    assert (nothing.speech, nothing.faces) == ((), ())
    only_voice = read_script("speech from 0 s: ; voice slow 1").speech
    assert only_voice == (Speech(0, None, (), (Score("slow", 1.0),)),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nspech from 1 s", "Line 2, 'spech from 1 s': a line begins with one of speech, face, "),
        ("spech from 1 s", "(did you mean 'speech'?)"),
        ("speech from 1", "it should look like 'speech from 98 ms to 26 s: joy 0.8"),
        ("speech from 1.5 ms", "times are whole milliseconds, got 1.5 ms"),
        ("speech from 99999 min", "times are at most a day"),
        ("speech from 2 s to 1 s", "must end after it begins, at 2000 ms, got 1000"),
        ("speech from 2 s\nspeech from 3 s", "overlaps the speech from 2000 ms to the end"),
        ("speech from 2 s to 4 s\nspeech from 1 s to 3 s", "overlaps the speech from 2000 ms to"),
        ("speech from 2 s: joy", "such as 'joy 0.8', got 'joy'; others follow '; voice'"),
        ("speech from 2 s: joy 1.5", "a probability is at most 1, got 1.5"),
        ("speech from 2 s: joy 0.5, joy 0.6", "'joy' has two scores"),
        ("speech from 2 s: joy 0.5; joy 0.6", "'joy' has two scores"),
        ("speech from 1 s to 2 s\nspeech from 0 s", "overlaps the speech from 1000 ms to 2000"),
        ("speech from 2 s: joy 0", "only if it is above 0, got 0.0"),
        ("speech from 2 s: joy 0.5; voice husky 0.7", "only if it is of at least 0.725, got 0.7"),
        ("face at 1,1 to 5,5: joy 0.1", "only if it is above 0.1, got 0.1"),
        ("face at 1,1", "it should look like 'face at 40,30 to 200,230"),
        ("face at 9,1 to 5,5", "the second x and y must be greater, got 9,1 to 5,5"),
        ("face at 1,1 to 5,5 in frames 5 to 3", "the last frame comes before the first: 5 to 3"),
        ("face at 1,1 to 5,5 with confidence 1.2", "a probability is at most 1"),
        ("no", "it should look like 'no speech' or 'no faces'"),
        ("fail", "it should look like 'fail at 12 s' or 'fail in frames 2 to 6'"),
        ("x" * 200, "..."),
        ("x" * 100_001, "A script may have 100000 characters, and this one has 100001."),
    ],
)
def test_errors_say_how_it_would_be_good(text: str, message: str) -> None:
    """They name the line, and end with what to write."""
    found = problem(text)
    assert message in found
    assert len(found) < 500


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"speech from {2 * n} ms to {2 * n + 1} ms" for n in reversed(range(2_800))),
        "speech from 0 s: " + ", ".join(f"a{n} 1" for n in range(10_000)),
        "speech from 0 s: " + "; ".join(f"a{n} 1" for n in range(10_000)),
        "speech  from\t0 s:   a" + 90_000 * " " + "1",
    ],
    ids=["lines", "scores", "lists", "spaces"],
)
def test_the_longest_scripts_are_read(text: str) -> None:
    """In a time that grows with their length, and no faster: all clients wait meanwhile."""
    speech = read_script(text).speech or ()
    assert speech[0].begin_ms == 0
    assert list(speech) == sorted(speech, key=lambda each: each.begin_ms)
