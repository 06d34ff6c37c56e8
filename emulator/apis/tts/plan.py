"""Plans a generation: a request's utterances, cut into snippets, and how each sounds.

A stream begins before the end of its text is looked at: its parts are found as it needs them.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from emulator.apis.tts.errors import tts_error
from emulator.apis.tts.request import SpeechRequest, Utterance, designed
from emulator.apis.tts.turns import list_in_turns
from emulator.apis.voices.state import VoicesState
from emulator.audio.conversion import converted
from emulator.audio.sound import Sound
from emulator.audio.speech import Word, most_samples
from emulator.audio.timbre import FRAME_SAMPLES, SAMPLE_RATE, Timbre, read_timbre
from emulator.jsontext import JsonObject
from emulator.world.voice import voice_of
from emulator.world.world import World

# One mark of several is enough: with all of them, a long run of marks would take very long.
_MARKS = ".!?…。！？"
_SENTENCE_END = re.compile(rf"[{_MARKS}][\"')\]”’]*\s+")


class Part(NamedTuple):
    """The parts of a snippet: the index of its utterance, its text, its timbre, its sound."""

    utterance_index: int
    text: str
    timbre: Timbre
    sound: Sound


@dataclass(frozen=True, slots=True)
class Plan:
    """The speech of a generation: utterances, and their parts, which may be found one by one."""

    utterances: Sequence[Utterance]
    parts: Iterable[Part]

    @property
    def sounds(self) -> Iterator[Sound]:
        return (part.sound for part in self.parts)


class _Allowance:
    """How much sound a request may make."""

    def __init__(self, limit_s: int) -> None:
        self._limit_s = limit_s
        self._left = limit_s * SAMPLE_RATE

    def spend(self, sound: Sound) -> None:
        """Count a sound. Raises ApiError as soon as there are too many samples."""
        self._left -= sound.samples
        if self._left < 0:
            raise tts_error("generation_too_long", limit=self._limit_s)


def checked_plans(world: World, request: SpeechRequest) -> list[Plan]:
    """Return what each generation of a request says. Raises ApiError if too long together."""
    return [Plan(each.utterances, list(each.parts)) for each in _allowed_plans(world, request)]


async def checked_plans_in_turns(world: World, request: SpeechRequest) -> list[Plan]:
    """Return what `checked_plans` does; others have a turn between some of many parts."""
    return [
        Plan(each.utterances, await list_in_turns(each.parts))
        for each in _allowed_plans(world, request)
    ]


def _allowed_plans(world: World, request: SpeechRequest) -> Iterator[Plan]:
    """Yield growing plans that raise ApiError as soon as they are too long together."""
    allowance = _Allowance(world.settings.max_generation_seconds)
    for each in growing_plans(world, request):
        yield Plan(each.utterances, _within(allowance, each.parts))


def _within(allowance: _Allowance, parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        allowance.spend(part.sound)
        yield part


def check_length(world: World, plans: Sequence[Plan]) -> None:
    """Raise ApiError if generations last too long together."""
    allowance = _Allowance(world.settings.max_generation_seconds)
    for plan in plans:
        for sound in plan.sounds:
            allowance.spend(sound)


def whole_plans(world: World, request: SpeechRequest) -> list[Plan]:
    """Return what each generation of a request says, of any length."""
    return [Plan(each.utterances, list(each.parts)) for each in growing_plans(world, request)]


def growing_plans(world: World, request: SpeechRequest) -> list[Plan]:
    """Return what each generation of a request says; the parts are found when they are needed."""
    return [
        _plan(world, designed(request.utterances, variant), request.splits, variant)
        for variant in range(request.num_generations)
    ]


def is_surely_short(world: World, request: SpeechRequest) -> bool:
    """True if a request can't be too long, which the number of its characters shows.

    That is known of tones alone, not of sounds that texts were given.
    """
    if world.state(VoicesState).has_sounds:
        return False
    most = world.settings.max_generation_seconds * SAMPLE_RATE // request.num_generations
    said = request.utterances
    return _at_most(said, _most_parts) <= most or _at_most(said, _marked_parts) <= most


def _at_most(utterances: Sequence[Utterance], parts: Callable[[str], int]) -> int:
    """Return a length in samples that utterances of at most so many parts don't exceed."""
    samples = 0
    for each in utterances:
        text, silence_s = each.text, each.trailing_silence_s
        samples += most_samples(len(text), parts(text), each.speed, silence_s)
    return samples


def _most_parts(text: str) -> int:
    """Return how many parts a text of this length has at most: a mark and a space end each."""
    return 1 + len(text) // 2


def _marked_parts(text: str) -> int:
    """Return how many parts a text has at most: a mark ends each, which takes longer to count."""
    return 1 + sum(map(text.count, _MARKS))


def plan_again(world: World, record: JsonObject) -> Plan:
    """Return what the generation of a record said."""
    utterances = tuple(map(Utterance.from_json, record["utterances"]))
    if record["operation"].startswith("convert-"):
        return conversion_plan(utterances, _loudness(record))
    plan = _plan(world, utterances, record.get("split", True), record["variant"])
    return Plan(plan.utterances, list(plan.parts))


def _loudness(record: JsonObject) -> bytes:
    """Return the loudness of a conversion; silence if it is not kept any more."""
    if "loudness" in record:
        return b64decode(record["loudness"])
    return bytes(record["samples"] // FRAME_SAMPLES)


def conversion_plan(utterances: Sequence[Utterance], loudness: bytes) -> Plan:
    """Return what a conversion says: nothing in words."""
    part = Part(0, "", read_timbre(utterances[0].timbre), _Conversion(loudness))
    return Plan(utterances, [part])


def _plan(world: World, utterances: Sequence[Utterance], splits: bool, variant: int) -> Plan:
    return Plan(utterances, _parts(world, utterances, splits, variant))


def _parts(
    world: World, utterances: Sequence[Utterance], splits: bool, variant: int
) -> Iterator[Part]:
    state, speaker = world.state(VoicesState), voice_of(world)
    own, are_any = state.sounds, state.has_sounds
    for index, each in enumerate(utterances):
        timbre = _timbre(each)
        in_parts = splits and not (are_any and each.text.strip() in own)
        for text, silence_s in _texts(each, in_parts):
            given = own.get(text.strip()) if are_any else None
            sound: Sound
            if given is None:
                sound = speaker.speak(text, timbre, each.speed, silence_s, variant)
            else:
                sound = replace(given, silence_samples=round(silence_s * SAMPLE_RATE))
            yield Part(index, text, timbre, sound)


def _timbre(utterance: Utterance) -> Timbre:
    voice = utterance.voice
    name = "" if voice is None else voice.get("name") or ""
    return read_timbre(utterance.timbre, name)


def _texts(utterance: Utterance, splits: bool) -> Iterator[tuple[str, float]]:
    """Yield the snippets' texts, which make the whole text, each with the silence after it (s)."""
    text, begin = utterance.text, 0
    end = _SENTENCE_END.search(text, 1) if splits else None
    while end is not None and end.end() < len(text):
        yield text[begin : end.end()], 0
        begin = end.end()
        end = _SENTENCE_END.search(text, begin + 1)
    yield text[begin:], utterance.trailing_silence_s


@dataclass(frozen=True, slots=True)
class _Conversion:
    """The sound of a voice conversion: no words, and the loudness of what was sent."""

    loudness: bytes

    @property
    def samples(self) -> int:
        """Return its length."""
        return len(self.loudness) * FRAME_SAMPLES

    def words(self) -> Iterator[Word]:
        """Yield no words: nothing was understood."""
        yield from ()

    def sound(self, timbre: Timbre) -> Iterator[bytes]:
        """Yield its PCM."""
        return converted(self.loudness, timbre)
