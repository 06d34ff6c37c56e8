"""The script of measurements: when somebody speaks, which faces are seen, what they express.

One line says one thing, in any order:

    speech from 98 ms to 26 s: joy 0.8, interest 0.4; voice husky 0.9
    face at 40,30 to 200,230: amusement 0.7; shows smile 0.9
    face at 40,30 to 200,230 in frames 3 to 5 with confidence 0.95
    no speech
    no faces
    fail at 12 s
    fail in frames 2 to 6
"""

import re
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from emulator.apis.expression.scores import (
    AUDIO,
    DESCRIPTION,
    FACE,
    VOICE,
    Kind,
    Score,
)
from emulator.errors import closest

LONGEST_MS = 86_400_000
LONGEST_TEXT = 100_000  # characters of a script
_LONGEST_SHOWN = 80  # characters of a line in an error
_LAST_FRAME = 1_000_000_000

# Patterns are texts, since few runs of the emulator read a script: `re` keeps them once compiled.
_TIME = r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|min)"
_SPEECH = rf"from\s+{_TIME}(?:\s+to\s+{_TIME})?"
_POINT = r"(\d{1,6}(?:\.\d{1,3})?)\s*,\s*(\d{1,6}(?:\.\d{1,3})?)"
_FRAMES = r"in\s+frames?\s+(\d{1,9})(?:\s+to\s+(\d{1,9}))?"
_FACE = (
    rf"at\s+{_POINT}\s+to\s+{_POINT}(?:\s+{_FRAMES})?"
    r"(?:\s+with\s+confidence\s+(0?\.\d{1,6}|[01](?:\.\d{1,6})?))?"
)
_FAIL_AT = rf"at\s+{_TIME}"
_FAIL_IN = _FRAMES
_SCORE = r"(.+?)\s+(0?\.\d{1,6}|[01](?:\.\d{1,6})?)"
_UNITS_MS = {"ms": 1, "s": 1_000, "min": 60_000}

_HOW: Mapping[str, str] = {
    "speech": "'speech from 98 ms to 26 s: joy 0.8, interest 0.4; voice husky 0.9'; the end, the "
    "scores and the voice may be left out",
    "face": "'face at 40,30 to 200,230 in frames 3 to 5 with confidence 0.95: amusement 0.7; shows "
    "smile 0.9'; all after the box may be left out",
    "no": "'no speech' or 'no faces'",
    "fail": "'fail at 12 s' or 'fail in frames 2 to 6'",
}


class ScriptProblem(ValueError):
    """A line of a script that can't be read."""


Scores = tuple[Score, ...]


class Speech(NamedTuple):
    """Somebody speaks from one time of the audio to another (ms); None: to its end.

    Without scores, they are seeded.
    """

    begin_ms: int
    end_ms: int | None
    expressions: Scores | None = None
    voice: Scores | None = None


class Frames(NamedTuple):
    """Frames by their numbers, from 0, both included."""

    first: int = 0
    last: int = _LAST_FRAME

    def has(self, number: int) -> bool:
        """True if the frame is one of them."""
        return self.first <= number <= self.last


class ScriptedFace(NamedTuple):
    """A face in a box (x0, y0, x1, y1; pixels) of some frames. Without scores, they are seeded."""

    box: tuple[float, float, float, float]
    frames: Frames = Frames()
    confidence: float = 0.99
    expressions: Scores | None = None
    descriptions: Scores | None = None


@dataclass(frozen=True, slots=True)
class MeasurementScript:
    """The speech and faces that are measured, instead of what the emulator would make up.

    None means that nobody has scripted it: speech is found by its loudness, and faces are made up.
    Failures are times of the audio (ms), and frames.
    """

    text: str = ""
    speech: tuple[Speech, ...] | None = field(default=None, compare=False)
    faces: tuple[ScriptedFace, ...] | None = field(default=None, compare=False)
    failures_ms: tuple[int, ...] = field(default=(), compare=False)
    failing_frames: tuple[Frames, ...] = field(default=(), compare=False)

    def fails_in(self, frame: int) -> bool:
        """True if the measurement of a frame fails."""
        return any(frames.has(frame) for frames in self.failing_frames)


NO_SCRIPT = MeasurementScript()


def read_script(text: str) -> MeasurementScript:
    """Read a script; empty lines, and what follows a #, count for nothing.

    Raises ScriptProblem, which names the line and says how it would be good.
    """
    if len(text) > LONGEST_TEXT:
        raise ScriptProblem(
            f"A script may have {LONGEST_TEXT} characters, and this one has {len(text)}."
        )
    draft = _Draft()
    for number, line in enumerate(text.splitlines(), 1):
        statement = " ".join(line.partition("#")[0].split())
        if statement:
            try:
                draft.read(statement)
            except ScriptProblem as problem:
                raise ScriptProblem(f"Line {number}, {_shown(statement)}: {problem}.") from None
    return draft.script(text)


class _Draft:
    """A script while it is read."""

    def __init__(self) -> None:
        self._speech: list[Speech] | None = None
        self._faces: list[ScriptedFace] | None = None
        self._failures_ms: list[int] = []
        self._failing_frames: list[Frames] = []

    def script(self, text: str) -> MeasurementScript:
        """Return what was read."""
        return MeasurementScript(
            text,
            None if self._speech is None else tuple(self._speech),
            None if self._faces is None else tuple(self._faces),
            tuple(sorted(self._failures_ms)),
            tuple(self._failing_frames),
        )

    def read(self, statement: str) -> None:
        """Read one line. Raises ScriptProblem."""
        word, _, rest = statement.partition(" ")
        readers: Mapping[str, Callable[[str], None]] = {
            "speech": self._read_speech,
            "face": self._read_face,
            "no": self._read_no,
            "fail": self._read_failure,
        }
        reader = readers.get(word)
        if reader is None:
            known = ", ".join(readers)
            raise ScriptProblem(
                f"a line begins with one of {known}; got {_shown(word)}"
                f"{closest(word, list(readers))}"
            )
        reader(rest.strip())

    def _read_speech(self, rest: str) -> None:
        when, scores = _divided(rest)
        match = _matched(_SPEECH, when, "speech")
        begin_ms = _ms(match[1], match[2])
        end_ms = None if match[3] is None else _ms(match[3], match[4])
        if end_ms is not None and end_ms <= begin_ms:
            raise ScriptProblem(f"speech must end after it begins, at {begin_ms} ms, got {end_ms}")
        expressions, voice = _read_scores(scores, ("voice", VOICE), AUDIO)
        self._add_speech(Speech(begin_ms, end_ms, expressions, voice))

    def _add_speech(self, new: Speech) -> None:
        """Put speech where it belongs. Raises ScriptProblem if it overlaps other speech."""
        known = self._speech = self._speech or []
        place = bisect(known, new.begin_ms, key=lambda each: each.begin_ms)
        for each in known[max(0, place - 1) : place + 1]:  # they overlap nothing so far
            ends_before = each.end_ms is not None and each.end_ms <= new.begin_ms
            begins_after = new.end_ms is not None and new.end_ms <= each.begin_ms
            if not ends_before and not begins_after:
                until = "the end" if each.end_ms is None else f"{each.end_ms} ms"
                raise ScriptProblem(
                    f"it overlaps the speech from {each.begin_ms} ms to {until}: one utterance "
                    "ends before the next begins"
                )
        known.insert(place, new)

    def _read_face(self, rest: str) -> None:
        where, scores = _divided(rest)
        match = _matched(_FACE, where, "face")
        x0, y0, x1, y1 = (float(match[n]) for n in range(1, 5))
        if x1 <= x0 or y1 <= y0:
            raise ScriptProblem(
                "the box goes from its upper left corner to its lower right one, so the second x "
                f"and y must be greater, got {match[1]},{match[2]} to {match[3]},{match[4]}"
            )
        frames = Frames() if match[5] is None else _frames(match[5], match[6])
        confidence = 0.99 if match[7] is None else _probability(match[7])
        expressions, descriptions = _read_scores(scores, ("shows", DESCRIPTION), FACE)
        face = ScriptedFace((x0, y0, x1, y1), frames, confidence, expressions, descriptions)
        self._faces = self._faces or []
        self._faces.append(face)

    def _read_no(self, rest: str) -> None:
        if rest == "speech":
            self._speech = self._speech or []
        elif rest == "faces":
            self._faces = self._faces or []
        else:
            raise _misread("no")

    def _read_failure(self, rest: str) -> None:
        at, frames = re.fullmatch(_FAIL_AT, rest), re.fullmatch(_FAIL_IN, rest)
        if at is not None:
            self._failures_ms.append(_ms(at[1], at[2]))
        elif frames is not None:
            self._failing_frames.append(_frames(frames[1], frames[2]))
        else:
            raise _misread("fail")


def _divided(rest: str) -> tuple[str, str | None]:
    """Return what comes before a colon, and after it, if there is one."""
    before, colon, after = rest.partition(":")
    return before.strip(), after.strip() if colon else None


def _matched(pattern: str, text: str, word: str) -> re.Match[str]:
    match = re.fullmatch(pattern, text)
    if match is None:
        raise _misread(word)
    return match


def _misread(word: str) -> ScriptProblem:
    return ScriptProblem(f"it should look like {_HOW[word]}")


def _ms(number: str, unit: str) -> int:
    ms = float(number) * _UNITS_MS[unit]
    if ms != int(ms):
        raise ScriptProblem(f"times are whole milliseconds, got {number} {unit}")
    if ms > LONGEST_MS:
        raise ScriptProblem(f"times are at most a day, got {number} {unit}")
    return int(ms)


def _frames(first: str, last: str | None) -> Frames:
    frames = Frames(int(first), int(first if last is None else last))
    if frames.last < frames.first:
        raise ScriptProblem(f"the last frame comes before the first: {first} to {last}")
    return frames


def _probability(text: str) -> float:
    value = float(text)
    if value > 1:
        raise ScriptProblem(f"a probability is at most 1, got {text}")
    return value


def _read_scores(
    text: str | None, second: tuple[str, Kind], first: Kind
) -> tuple[Scores | None, Scores | None]:
    """Read what follows the colon: scores, then others that the word of `second` begins.

    A list that is left out is seeded, unless the other one is there: then it is empty.
    """
    if text is None:
        return None, None
    word, kind = second
    scores = dict[str, Score](), dict[str, Score]()
    for part in filter(None, map(str.strip, text.split(";"))):
        is_second = part == word or part.startswith(f"{word} ")
        _read_list(part.removeprefix(word) if is_second else part, word, scores[is_second])
    first_list, second_list = (tuple(each.values()) for each in scores)
    _check(first_list, first)
    _check(second_list, kind)
    return first_list, second_list


def _read_list(text: str, word: str, scores: dict[str, Score]) -> None:
    """Add the scores of a list to others, by their names. Raises ScriptProblem."""
    for each in filter(None, map(str.strip, text.split(","))):
        match = re.fullmatch(_SCORE, each)
        if match is None:
            raise ScriptProblem(
                f"a score is a name and a probability, such as 'joy 0.8', got {_shown(each)}; "
                f"others follow '; {word}'"
            )
        name = match[1].lower()
        if name in scores:
            raise ScriptProblem(f"{_shown(name)} has two scores")
        scores[name] = Score(name, _probability(match[2]))


def _check(scores: Sequence[Score], kind: Kind) -> None:
    """Raise ScriptProblem for a score that no result would hold.

    Where each expression has a threshold of its own, what a script says is above it.
    """
    for score in scores:
        if kind.least is None:
            passes, least = score.probability > 0, "above 0"
        else:
            passes = kind.passes(score)
            least = f"above {kind.least}" if kind.is_above else f"of at least {kind.least}"
        if not passes:
            raise ScriptProblem(
                f"results hold a score like {_shown(score.name)} only if it is {least}, got "
                f"{score.probability}"
            )


def _shown(text: str) -> str:
    cut = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    return repr(cut)
