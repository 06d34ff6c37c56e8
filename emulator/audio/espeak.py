"""Words that one understands: texts as eSpeak NG says them."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from emulator.audio.espeak_engine import (
    FASTEST,
    PHONEME,
    SLOWEST,
    Engine,
    EngineError,
    Event,
    Manner,
)
from emulator.audio.resampling import ENGINE_RATE, resampled, resampled_length
from emulator.audio.sound import Sound
from emulator.audio.speech import Phoneme, Word, spoken_words
from emulator.audio.timbre import FRAME_SAMPLES, SAMPLE_RATE, Timbre
from emulator.audio.wav import SAMPLE_BYTES
from emulator.errors import UsageError

_DEFAULT_LANGUAGE = "en-us"
_HIGH = 200  # Hz; voices from here up are a woman's
_MEN, _WOMEN = ("m1", "m2", "m3", "m4", "m7", "m8"), ("f1", "f2", "f3", "f4", "f5")
_PITCHES = range(35, 65)
_PACES = range(155, 180)  # words a minute
_TEMPOS = (100, 103, 97, 105, 95)  # percent of the pace, for variants of one text
_PAUSE_MINUTE_MS = 50_000  # after as many sentences as there are words in a minute
_LONGEST_PART = 400  # characters that are said in one go
_ENDS, _CLOSERS = frozenset(".!?…。！？\n"), "\"')]”’»"
_STRESS = str.maketrans("", "", "ˈˌ")
_KEPT_LENGTHS = 4_096


class EspeakSpeaker:
    """Says texts by eSpeak NG; each timbre is a voice of its own."""

    takes_time = True

    def __init__(self) -> None:
        """Load the library. Raises UsageError if it can't be used."""
        try:
            self._engine = Engine()
        except EngineError as error:
            problem = f"voice espeak can't use the library of espeakng-loader: {error}"
            raise UsageError(problem) from None

    def speak(
        self,
        text: str,
        timbre: Timbre,
        speed: float = 1.0,
        trailing_silence_s: float = 0.0,
        variant: int = 0,
    ) -> Sound:
        """Return a text as it is said; nothing is said yet."""
        silence = round(trailing_silence_s * SAMPLE_RATE)
        return _SpokenText(self._engine, text, manner_of(timbre, speed, variant), silence)


def manner_of(timbre: Timbre, speed: float = 1.0, variant: int = 0) -> Manner:
    """Return how the voice of this timbre speaks."""
    _, kind, pitch, pace, *_ = timbre.partials
    kinds = _WOMEN if timbre.pitch >= _HIGH else _MEN
    tempo = _PACES[pace % len(_PACES)] * _TEMPOS[variant % len(_TEMPOS)] / 100
    rate = max(1, round(tempo * speed))
    return Manner(
        voice=f"{timbre.language or _DEFAULT_LANGUAGE}+{kinds[kind % len(kinds)]}",
        rate=min(FASTEST, max(SLOWEST, rate)),
        pitch=_PITCHES[(pitch + variant) % len(_PITCHES)],
        gap_ms=60_000 // rate - 60_000 // SLOWEST if rate < SLOWEST else 0,
    )


@dataclass(frozen=True)  # without slots, for the cached property
class _SpokenText:
    """A text as it is said: sentence by sentence, each when it is needed."""

    engine: Engine
    text: str
    manner: Manner
    silence: int  # samples after it

    @cached_property
    def samples(self) -> int:
        """Return the length, with the silence after it. All must be said to know it."""
        said = sum(_length(self.engine, part, self.manner) for part in _parts(self.text))
        return max(said, FRAME_SAMPLES) + self.silence

    def words(self) -> Iterator[Word]:
        """Yield the words in their order; none begins before the one before it ends."""
        before = 0
        for part in _parts(self.text):
            events = self.engine.say(part, self.manner).events
            yield from _timed(part, events, before * 1000 / SAMPLE_RATE)
            before += _length(self.engine, part, self.manner)

    def sound(self, timbre: Timbre) -> Iterator[bytes]:
        """Yield PCM in pieces of at most a second; the timbre was known before."""
        return _exactly(self.samples * SAMPLE_BYTES, self._pcm())

    def _pcm(self) -> Iterator[bytes]:
        for part in _parts(self.text):
            yield from resampled(self.engine.say(part, self.manner).pcm)
            yield bytes(_pause(part, self.manner) * SAMPLE_BYTES)


def _exactly(size: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield so many bytes: those of the pieces, and silence after them."""
    for piece in pieces:
        yield piece[:size]
        size -= len(piece[:size])
    while size:
        silence = bytes(min(size, SAMPLE_RATE * SAMPLE_BYTES))
        size -= len(silence)
        yield silence


@lru_cache(maxsize=_KEPT_LENGTHS)
def _length(engine: Engine, part: str, manner: Manner) -> int:
    """Return the samples of 48 kHz that a part lasts, with the pause after it."""
    said = len(engine.say(part, manner).pcm) // SAMPLE_BYTES
    return resampled_length(said) + _pause(part, manner)


def _pause(part: str, manner: Manner) -> int:
    """Return the samples of silence after a part: the engine makes none at the end of a text."""
    is_sentence = part.rstrip().rstrip(_CLOSERS)[-1:] in _ENDS
    return _PAUSE_MINUTE_MS // manner.rate * SAMPLE_RATE // 1000 if is_sentence else 0


def _parts(text: str) -> Iterator[str]:
    """Yield the parts of a text that are said in one go: sentences, none of them too long."""
    begin = 0
    while begin < len(text):
        end = _end_of_part(text, begin)
        yield text[begin:end]
        begin = end


def _end_of_part(text: str, begin: int) -> int:
    """Return where the sentence that begins there ends, with the space after it."""
    limit, space = min(len(text), begin + _LONGEST_PART), 0
    for at in range(begin, limit):
        if text[at].isspace():
            space = at + 1
            is_over = text[begin:at].rstrip(_CLOSERS)[-1:] in _ENDS
            if at > begin and is_over and text[begin:at].strip():
                return at + 1
    return limit if limit == len(text) or not space else space


# times


@dataclass(frozen=True, slots=True)
class _Group:
    """Words that the library says as one, such as "of the", and their sounds.

    `first` is the number of the first word, `begin` says when it begins (ms).
    """

    first: int
    begin: int
    sounds: list[Phoneme]


def _timed(text: str, events: Sequence[Event], begin_ms: float) -> Iterator[Word]:
    """Yield the words of a text with the times that events say."""
    words = list(spoken_words(text))
    if not words:
        return
    groups = _groups([place for place, _ in words], events, begin_ms)
    untils = [*(group.first for group in groups[1:]), len(words)]
    for group, until in zip(groups, untils, strict=True):
        yield from _spread([word for _, word in words[group.first : until]], group)


def _groups(places: Sequence[int], events: Sequence[Event], begin_ms: float) -> list[_Group]:
    """Return the groups of words at these places; their times count from `begin_ms`."""
    groups = [_Group(0, int(begin_ms), [])]
    name, owner, since_ms = "", groups[0], 0  # the sound that is heard
    for event in events:
        at_ms = int(begin_ms + event.sample * 1000 / ENGINE_RATE)
        if event.type == PHONEME:
            if name:
                owner.sounds.append(Phoneme(name, since_ms, at_ms))
            name, owner, since_ms = event.name.translate(_STRESS), groups[-1], at_ms
        elif (number := bisect_right(places, event.place) - 1) > groups[-1].first:
            groups.append(_Group(number, at_ms, []))
    return groups


def _spread(words: Sequence[str], group: _Group) -> Iterator[Word]:
    """Yield the words of a group: each has a share of its sounds, by its letters."""
    letters, sounds = sum(map(len, words)), group.sounds
    before, at = 0, group.begin
    for word in words:
        first = len(sounds) * before // letters
        before += len(word)
        own = tuple(sounds[first : len(sounds) * before // letters])
        begin = own[0].begin_ms if own else at
        at = own[-1].end_ms if own else at
        yield Word(word, begin, at, own)
