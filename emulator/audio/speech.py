"""How a text is spoken: which words sound when, and the sound itself.

The emulator has no voice: a word is a tone as long as it would take to say. All times are counted
in frames of 20 ms. Whatever its length, a text is walked through again each time, so that many
streams at once take little memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache

from emulator.audio.phonemes import phonemes_of
from emulator.audio.timbre import (
    FRAME_BYTES,
    FRAME_MS,
    FRAME_SAMPLES,
    SAMPLE_RATE,
    SILENCE,
    Frames,
    Timbre,
    frames_of,
    variant_of,
)

_MS_PER_CHARACTER = 60  # about 165 words a minute
_SCALE = 1_000_000  # of a character's frames, as a whole number
_HALF = _SCALE // 2
_TEMPOS = (100, 97, 103, 95, 105)  # percent of the length, for the variants
_LEAD = 1  # characters' time before the first word
_LEADS = 3  # for the variants, each a character's time longer
_SHORT_PAUSE, _LONG_PAUSE = 3, 5  # characters' time after a comma, and after a sentence
_IDEOGRAPH = 3  # characters' time of one ideograph or syllable sign
_WORDLESS_FRAMES = 10  # at least, of a text without words
_MOST_FRAMES = SAMPLE_RATE // FRAME_SAMPLES  # in one piece of sound: a second
_KEPT_TONES = 32  # 30 kB each, as a rule; most words of a text have one of a dozen lengths
_KEPT_WORDS = 256  # 20 kB each, about
_SILENT_SECOND = SILENCE * _MOST_FRAMES

_IDEOGRAPHS = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_MARKS = (  # accents and vowel signs, and what joins letters; Python counts none as a letter
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a"
    "\u07a6-\u07b0\u0816-\u082d\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983"
    "\u09bc-\u09cd\u09d7\u09e2\u09e3\u0a01-\u0a03\u0a3c-\u0a51\u0a70\u0a71\u0a75\u0a81-\u0a83"
    "\u0abc-\u0acd\u0ae2\u0ae3\u0b01-\u0b03\u0b3c-\u0b57\u0b62\u0b63\u0b82\u0bbe-\u0bcd\u0bd7"
    "\u0c00-\u0c04\u0c3c-\u0c56\u0c62\u0c63\u0c81-\u0c83\u0cbc-\u0cd6\u0ce2\u0ce3\u0d00-\u0d03"
    "\u0d3b-\u0d4d\u0d57\u0d62\u0d63\u0d81-\u0d83\u0dca-\u0ddf\u0df2\u0df3\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f18\u0f19\u0f35\u0f37\u0f39\u0f3e\u0f3f"
    "\u0f71-\u0f84\u0f86\u0f87\u0f8d-\u0fbc\u102b-\u103e\u1056-\u1059\u135d-\u135f\u17b4-\u17d3"
    "\u180b-\u180d\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20f0\u302a-\u302f\u3099\u309a"
    "\ua8e0-\ua8f1\ufe20-\ufe2f"
)
_JOINERS = "'\u2019\u2010\u2011-"  # apostrophes and hyphens between letters
# Every character of a text is in exactly one token: a word or a gap. A run of letters longer than
# any word is several words, so that no word takes much memory.
_TOKEN = re.compile(
    rf"([^\W_]{{1,48}}(?:(?:[{_JOINERS}][^\W_]|[{_MARKS}])[^\W_]{{0,48}}){{0,16}})|([\W_]+)"
)
_ASCII_GAP = re.compile(r"[^A-Za-z0-9]+")  # of a text in ASCII: a gap, or a joiner in a word
_WORD = 1  # a group of a token
_SENTENCE_END = re.compile(
    r"[.!?\u2026\u061f\u06d4\u0964][\"'\u2019\u201d\u00bb)\]]*\s|[\u3002\uff01\uff1f]|\n\s*\n"
)
_COMMA = re.compile(r"[,;:\n\u2013\u2014\u060c\u061b\u3001\uff0c\uff1b\uff1a]")
_GAP_READ = 32  # characters of a gap that say how long it is


@dataclass(frozen=True, slots=True)
class Phoneme:
    """A sound of a word in IPA; its times (ms) count from the beginning of the speech."""

    text: str
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word; its times (ms) count from the beginning of the speech."""

    text: str
    begin_ms: int
    end_ms: int
    phonemes: tuple[Phoneme, ...]


@dataclass(frozen=True, slots=True)
class Speech:
    """A text as it is spoken, at a speed from 0.25 to 3, with silence (seconds) after it.

    Variants of one text differ in sound and a little in length.
    """

    text: str
    speed: float = 1.0
    trailing_silence_s: float = 0.0
    variant: int = 0
    _pace: int = field(init=False, repr=False, compare=False)
    _frames: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the pace and the length once, since every use of the speech needs them."""
        object.__setattr__(self, "_pace", self._find_pace())
        object.__setattr__(self, "_frames", self._count_frames())

    @property
    def samples(self) -> int:
        """Return the length of the sound, with the silence after it."""
        return self._frames * FRAME_SAMPLES + round(self.trailing_silence_s * SAMPLE_RATE)

    def words(self) -> Iterator[Word]:
        """Yield the words in their order; none begins before the one before it ends."""
        pace = self._pace
        for text, begin, end in self._spans():
            yield Word(
                text,
                _frame(begin, pace) * FRAME_MS,
                _frame(end, pace) * FRAME_MS,
                tuple(_phonemes(text, begin, end, pace)),
            )

    def sound(self, timbre: Timbre) -> Iterator[bytes]:
        """Yield PCM in pieces of at most a second: tones for the words, silence between them."""
        frames = frames_of(variant_of(timbre, self.variant))
        at, pace = 0, self._pace
        for _, begin, end in self._spans():
            first = (begin * pace + _HALF) // _SCALE  # as `_frame` does it, only faster
            last = (end * pace + _HALF) // _SCALE
            if last - at <= _MOST_FRAMES:
                yield _short_word(frames, first - at, last - first)
            else:
                yield from _silence((first - at) * FRAME_BYTES)
                yield from _long_tone(frames, last - first)
            at = last
        yield from _silence(2 * self.samples - at * FRAME_BYTES)

    def _count_frames(self) -> int:
        """Return the length without the silence after it."""
        characters = _characters(self.text)
        frames = _frame(self._lead + characters, self._pace)
        if characters:
            return frames
        return max(_WORDLESS_FRAMES, frames) if self.text else 1

    @property
    def _lead(self) -> int:
        return _LEAD + self.variant % _LEADS

    def _find_pace(self) -> int:
        """Return the frames that a character takes, in units of 1 / _SCALE: at least one."""
        tempo = _TEMPOS[self.variant % len(_TEMPOS)] / 100
        frames = _MS_PER_CHARACTER / FRAME_MS * tempo / self.speed
        return max(_SCALE, round(frames * _SCALE))

    def _spans(self) -> Iterator[tuple[str, int, int]]:
        """Yield each word with its begin and end in characters' time."""
        at, text = self._lead, self.text
        for token in _TOKEN.finditer(text):
            part, begin = token[0], at
            if token.lastindex != _WORD:
                if token.start():
                    at += _pause(part[:_GAP_READ], is_last=token.end() == len(text))
            elif part.isascii():  # most words
                at += len(part)
                yield part, begin, at
            else:
                for word, time in _parts(part):
                    begin, at = at, at + time
                    yield word, begin, at


def most_samples(characters: int, parts: int, speed: float, silence_s: float) -> int:
    """Return a length that so many characters, said in so many parts or fewer, don't exceed."""
    time = characters * _LONG_PAUSE + parts * (_LEAD + _LEADS)
    pace = max(_SCALE, round(_MS_PER_CHARACTER / FRAME_MS * max(_TEMPOS) / 100 / speed * _SCALE))
    frames = time * pace // _SCALE + parts * (1 + _WORDLESS_FRAMES)
    return frames * FRAME_SAMPLES + round(silence_s * SAMPLE_RATE)


def spoken_words(text: str) -> Iterator[tuple[int, str]]:
    """Yield each word of a text with its place, counted in characters from 0."""
    for token in _TOKEN.finditer(text):
        if token.lastindex == _WORD:
            at = token.start()
            for word, _ in _parts(token[0]):
                at = text.index(word, at)
                yield at, word
                at += len(word)


def _frame(characters: int, pace: int, parts: int = 1) -> int:
    """Return the frame at which so many characters, divided by `parts`, are said."""
    whole = _SCALE * parts
    return (characters * pace + whole // 2) // whole


def _characters(text: str) -> int:
    """Return the time from the first word to the text's end, in characters."""
    return _ascii_characters(text) if text.isascii() else _any_characters(text)


def _ascii_characters(text: str) -> int:
    """Return the same of a text in ASCII; only its gaps are looked at, which is far faster.

    A joiner in a word takes as much time as a gap of it.
    """
    gaps: list[str] = _ASCII_GAP.findall(text)
    characters = len(text) - sum(map(len, gaps))
    if not characters:
        return 0
    if not text[0].isalnum():
        del gaps[0]
    if not text[-1].isalnum():
        characters += _pause(gaps.pop()[:_GAP_READ], is_last=True)
    spaces = gaps.count(" ")  # nearly all, and each takes the time of one character
    others = (gap[:_GAP_READ] for gap in gaps if gap != " ")
    return characters + spaces + sum(_pause(gap, is_last=False) for gap in others)


def _any_characters(text: str) -> int:
    characters, gap = 0, ""
    for word, gap in _TOKEN.findall(text):
        if word:
            characters += len(word) if word.isascii() else sum(time for _, time in _parts(word))
        elif characters:
            characters += _pause(gap[:_GAP_READ], is_last=False)
    if characters and gap:
        last = gap[:_GAP_READ]
        characters += _pause(last, is_last=True) - _pause(last, is_last=False)
    return characters


def _parts(token: str) -> list[tuple[str, int]]:
    """Return the words of a token and the time of each: every ideograph is a word of its own."""
    return [
        (word, _IDEOGRAPH if part.lastindex else len(word))
        for part in _part().finditer(token)
        if (word := part[0].strip(_JOINERS))
    ]


@cache
def _part() -> re.Pattern[str]:
    """Return the pattern of an ideograph, or of what is between two; compiling takes long."""
    return re.compile(f"([{_IDEOGRAPHS}][{_MARKS}]*)|[^{_IDEOGRAPHS}]+")


def _phonemes(word: str, begin: int, end: int, pace: int) -> Iterator[Phoneme]:
    """Yield the sounds of a word, all of about the same length."""
    sounds = phonemes_of(word)
    count = len(sounds)
    at_ms = _frame(begin, pace) * FRAME_MS
    for number, sound in enumerate(sounds, start=1):
        until_ms = _frame(begin * count + (end - begin) * number, pace, count) * FRAME_MS
        yield Phoneme(sound, at_ms, until_ms)
        at_ms = until_ms


@lru_cache(maxsize=256)
def _pause(gap: str, *, is_last: bool) -> int:
    """Return how long (characters' time) a speaker pauses there; is_last at the text's end."""
    if _SENTENCE_END.search(f"{gap} " if is_last else gap):
        return _LONG_PAUSE
    return _SHORT_PAUSE if _COMMA.search(gap) else 1


def _silence(size: int) -> Iterator[bytes]:
    """Yield so many bytes of silence."""
    for _ in range(size // len(_SILENT_SECOND)):
        yield _SILENT_SECOND
    if rest := size % len(_SILENT_SECOND):
        yield _short_silence(rest)


@lru_cache(maxsize=2 * _MOST_FRAMES)
def _short_silence(size: int) -> bytes:
    return _SILENT_SECOND[:size]


@lru_cache(maxsize=_KEPT_TONES)
def _tone(frames: Frames, count: int) -> bytes:
    """Return a tone of so many frames: a second at most."""
    if count == 1:
        return frames.short
    return b"".join((frames.attack, frames.body * (count - 2), frames.release))


@lru_cache(maxsize=_KEPT_WORDS)
def _short_word(frames: Frames, gap: int, count: int) -> bytes:
    """Return a gap and a tone, each of so many frames: a second at most."""
    return SILENCE * gap + _tone(frames, count)


def _long_tone(frames: Frames, count: int) -> Iterator[bytes]:
    """Yield a tone of any length."""
    if count <= _MOST_FRAMES:
        yield _tone(frames, count)
        return
    yield frames.attack
    for begin in range(2, count, _MOST_FRAMES):
        yield frames.body * min(_MOST_FRAMES, count - begin)
    yield frames.release
