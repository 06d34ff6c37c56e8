"""One generation: its snippets, its sound in chunks, and its record.

Sound is made while it is sent, so a generation takes little memory, whatever its length.
"""

import asyncio
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from emulator.apis.tts.errors import tts_error
from emulator.apis.tts.request import SpeechRequest, Utterance, designed, new_record
from emulator.apis.tts.state import TtsState
from emulator.apis.voices.state import VoicesState
from emulator.audio.conversion import converted
from emulator.audio.encoding import encode_file, new_encoder, regrouped
from emulator.audio.sound import Sound
from emulator.audio.speakers import is_server
from emulator.audio.speech import Word
from emulator.audio.timbre import FRAME_SAMPLES, SAMPLE_RATE, Timbre, read_timbre
from emulator.audio.wav import SAMPLE_BYTES
from emulator.ids import PlacedIds
from emulator.jsontext import JsonObject
from emulator.world.voice import prepare, voice_of
from emulator.world.world import World

CHUNK_SAMPLES = SAMPLE_RATE  # a second
# One mark of several is enough: with all of them, a long run of marks would take very long.
_SENTENCE_END = re.compile(r"[.!?…。！？][\"')\]”’]*\s+")
_REQUEST_NUMBERS = range(10_000, 10_000_000)  # five to seven digits


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of an utterance that is said in one go; `begin` is in samples of the generation."""

    id: str
    text: str
    utterance_index: int
    sound: Sound
    timbre: Timbre
    begin: int
    samples: int


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of a request, ready to be made."""

    id: str
    request_id: str
    format: str
    snippets: tuple[Snippet, ...]
    samples: int
    takes_time: bool = False  # to make its sound

    @property
    def duration_s(self) -> float:
        """Return how long it is (s)."""
        return self.samples / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a snippet's sound in the generation's format; times are samples of the latter."""

    snippet: Snippet
    index: int
    audio: bytes
    begin: int
    end: int
    is_last: bool  # of its snippet


# making


def new_request_id(world: World) -> str:
    """Return an id as the service makes them: a UUID, and five to seven digits."""
    number = int(world.ids.secret()[:8], 16) % len(_REQUEST_NUMBERS)
    return f"{world.ids.uuid()}{_REQUEST_NUMBERS[number]}"


async def spoken(
    world: World, request: SpeechRequest, request_id: str | None, operation: str
) -> list[Generation]:
    """Return what `new_generations` does. Raises ApiError.

    A server says all of it first. How long a voice speaks that takes its time is found out in a
    thread, and remembered.
    """
    work = world.work  # a reset gives the world another
    if is_server(world.settings.voice):
        plans = _plans(world, request, None)
        await prepare(world, _sounds(plans))
        _check_length(world, plans)
    elif voice_of(world).takes_time:
        plans = await asyncio.to_thread(_checked_plans, world, request)
    else:
        plans = _checked_plans(world, request)
    if work.is_closed:
        raise tts_error("uncaught")
    return _remembered(world, request, request_id, operation, plans)


def new_generations(
    world: World, request: SpeechRequest, request_id: str | None, operation: str
) -> list[Generation]:
    """Return the generations of a request, and remember them. Raises ApiError if too long.

    The request gets an id if `request_id` is None.
    """
    return _remembered(world, request, request_id, operation, _checked_plans(world, request))


def _remembered(
    world: World,
    request: SpeechRequest,
    request_id: str | None,
    operation: str,
    plans: "Sequence[_Plan]",
) -> list[Generation]:
    """Return the generations of plans, and remember them."""
    takes_time = voice_of(world).takes_time
    made, request_id = [], request_id or new_request_id(world)
    for variant, plan in enumerate(plans):
        id = world.ids.uuid()
        generation = _assembled(id, request_id, request.format, plan, takes_time)
        record = new_record(world, id, request_id, request, plan.utterances, variant, operation)
        record["samples"] = generation.samples
        world.state(VoicesState).generations.add(record)
        made.append(generation)
    return made


def new_conversion(
    world: World, request: SpeechRequest, request_id: str, operation: str, loudness: bytes
) -> Generation:
    """Return a generation that says a sound again, in another voice, and remember it."""
    sound = Conversion(loudness)
    id = world.ids.uuid()
    plan = _plan_of(request.utterances, sound)
    generation = _assembled(id, request_id, request.format, plan)
    record = new_record(world, id, request_id, request, request.utterances, 0, operation)
    record["samples"] = generation.samples
    record["loudness"] = b64encode(loudness).decode()
    world.state(VoicesState).generations.add(record)
    return generation


def made_again(world: World, record: JsonObject, format: str | None = None) -> Generation:
    """Return the generation of a record, to sound as it did.

    If a server is its voice, `said_again` must have been awaited, or what is not kept is in tones.
    """
    plan = _plan_again(world, record)
    wanted = format or record["format"]
    takes_time = voice_of(world).takes_time
    return _assembled(record["id"], record["request_id"], wanted, plan, takes_time)


async def said_again(world: World, record: JsonObject) -> None:
    """Have a server that is the world's voice say again what it said for a record."""
    await prepare(world, _sounds([_plan_again(world, record)]))


def _plan_again(world: World, record: JsonObject) -> "_Plan":
    utterances = tuple(map(Utterance.from_json, record["utterances"]))
    if record["operation"].startswith("convert-"):
        return _plan_of(utterances, Conversion(_loudness(record)))
    request = SpeechRequest(utterances, record["version"], splits=record.get("split", True))
    return _plan(world, utterances, request, record["variant"])


def _loudness(record: JsonObject) -> bytes:
    """Return the loudness of a conversion; silence if it is not kept any more."""
    if "loudness" in record:
        return b64decode(record["loudness"])
    return bytes(record["samples"] // FRAME_SAMPLES)


_Part: TypeAlias = tuple[int, str, Sound]  # the utterance's index, the snippet's text and sound


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a generation says: utterances with a timbre each, and the sounds of their snippets."""

    utterances: Sequence[Utterance]
    timbres: Sequence[Timbre]
    parts: Sequence[_Part]


def _checked_plans(world: World, request: SpeechRequest) -> list[_Plan]:
    """Return what each generation of a request says. Raises ApiError if too long together."""
    return _plans(world, request, _Allowance(world.settings.max_generation_seconds))


def _plans(world: World, request: SpeechRequest, allowance: "_Allowance | None") -> list[_Plan]:
    """Return what each generation of a request says, which may spend an allowance."""
    return [
        _plan(world, designed(request.utterances, variant), request, variant, allowance)
        for variant in range(request.num_generations)
    ]


class _Allowance:
    """How much sound a request may make."""

    def __init__(self, limit_s: int) -> None:
        self._limit_s = limit_s
        self._left = limit_s * SAMPLE_RATE

    def spend(self, samples: int) -> None:
        """Count so many samples. Raises ApiError as soon as they are too many."""
        self._left -= samples
        if self._left < 0:
            raise tts_error("generation_too_long", limit=self._limit_s)


def _plan(
    world: World,
    utterances: Sequence[Utterance],
    request: SpeechRequest,
    variant: int,
    allowance: _Allowance | None = None,
) -> _Plan:
    own, speaker = world.state(TtsState).sounds, voice_of(world)
    timbres = [
        replace(read_timbre(each.timbre), name=(each.voice or {}).get("name") or "")
        for each in utterances
    ]
    are_any = next(iter(own), None) is not None

    def sound(index: int, text: str, silence_s: float) -> Sound:
        given, speed = own.get(text.strip()) if are_any else None, utterances[index].speed
        sound: Sound
        if given is None:
            sound = speaker.speak(text, timbres[index], speed, silence_s, variant)
        else:
            sound = replace(given, silence_samples=round(silence_s * SAMPLE_RATE))
        if allowance is not None:
            allowance.spend(sound.samples)
        return sound

    parts = [
        (index, text, sound(index, text, silence_s))
        for index, each in enumerate(utterances)
        for text, silence_s in _parts(each, request.splits and each.text.strip() not in own)
    ]
    return _Plan(utterances, timbres, parts)


def _plan_of(utterances: Sequence[Utterance], sound: Sound) -> _Plan:
    """Return what a conversion says: nothing in words."""
    return _Plan(utterances, [read_timbre(each.timbre) for each in utterances], [(0, "", sound)])


def _sounds(plans: Sequence[_Plan]) -> Iterator[Sound]:
    return (sound for plan in plans for _, _, sound in plan.parts)


def _check_length(world: World, plans: Sequence[_Plan]) -> None:
    """Raise ApiError if generations last too long together."""
    allowance = _Allowance(world.settings.max_generation_seconds)
    for sound in _sounds(plans):
        allowance.spend(sound.samples)


def _parts(utterance: Utterance, splits: bool) -> Iterator[tuple[str, float]]:
    """Yield the snippets' texts, which make the whole text, each with the silence after it (s)."""
    text, begin = utterance.text, 0
    end = _SENTENCE_END.search(text, 1) if splits else None
    while end is not None and end.end() < len(text):
        yield text[begin : end.end()], 0
        begin = end.end()
        end = _SENTENCE_END.search(text, begin + 1)
    yield text[begin:], utterance.trailing_silence_s


def _assembled(
    id: str, request_id: str, format: str, plan: _Plan, takes_time: bool = False
) -> Generation:
    ids, begin, snippets = PlacedIds("snippets", id), 0, []
    for index, text, sound in plan.parts:
        samples, timbre = sound.samples, plan.timbres[index]
        snippets.append(Snippet(ids.uuid(), text, index, sound, timbre, begin, samples))
        begin += samples
    return Generation(id, request_id, format, tuple(snippets), begin, takes_time)


@dataclass(frozen=True, slots=True)
class Conversion:
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


# sound


def encoded(generation: Generation, as_one_file: bool) -> Iterator[Chunk]:
    """Yield the sound: chunks that make one file, or of which each is a file."""
    whole = new_encoder(generation.format, generation.samples)
    audio = whole.begin()
    for snippet in generation.snippets:
        for index, (begin, pcm) in enumerate(_pcm(snippet)):
            end = begin + len(pcm) // SAMPLE_BYTES
            if as_one_file:
                audio += whole.encode(pcm)
                audio += whole.end() if end == generation.samples else b""
            else:
                audio = encode_file(generation.format, pcm)
            is_last = end == snippet.begin + snippet.samples
            yield Chunk(snippet, index, audio, begin, end, is_last)
            audio = b""


def encoded_snippet(format: str, snippet: Snippet) -> Iterator[bytes]:
    """Yield a file with a snippet alone, in pieces."""
    encoder = new_encoder(format, snippet.samples)
    yield encoder.begin()
    for _, pcm in _pcm(snippet):
        yield encoder.encode(pcm)
    yield encoder.end()


def _pcm(snippet: Snippet) -> Iterator[tuple[int, bytes]]:
    """Yield a snippet's sound in chunks, each with its place in the generation (samples)."""
    begin = snippet.begin
    pieces = snippet.sound.sound(snippet.timbre)
    for pcm in regrouped(pieces, CHUNK_SAMPLES * SAMPLE_BYTES):
        yield begin, pcm
        begin += len(pcm) // SAMPLE_BYTES
