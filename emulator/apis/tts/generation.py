"""One generation: its snippets, its sound in chunks, and its record.

Sound is made while it is sent, so a generation takes little memory, whatever its length.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from emulator.apis.tts.errors import tts_error
from emulator.apis.tts.own_sound import OwnSound
from emulator.apis.tts.request import SpeechRequest, Utterance, designed, new_record
from emulator.apis.tts.state import TtsState
from emulator.apis.voices.state import VoicesState
from emulator.audio.conversion import converted
from emulator.audio.encoding import encode_file, new_encoder, regrouped
from emulator.audio.speech import Speech, Word
from emulator.audio.timbre import FRAME_SAMPLES, SAMPLE_RATE, Timbre, timbre_of
from emulator.audio.wav import SAMPLE_BYTES
from emulator.ids import PlacedIds
from emulator.jsontext import JsonObject
from emulator.world.world import World

CHUNK_SAMPLES = SAMPLE_RATE  # a second
_SNIPPET = re.compile(r".+?(?:[.!?…。！？]+[\"')\]”’]*\s+|\Z)", re.DOTALL)
_REQUEST_NUMBERS = range(10_000, 10_000_000)  # five to seven digits


class Sound(Protocol):
    """What a snippet sounds like: its length in samples, its words, its PCM in pieces."""

    @property
    def samples(self) -> int: ...

    def words(self) -> Iterator[Word]: ...

    def sound(self, timbre: Timbre) -> Iterator[bytes]: ...


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


def new_generations(
    world: World,
    request: SpeechRequest,
    request_id: str | None,
    operation: str,
    ids: Sequence[str] = (),
) -> list[Generation]:
    """Return the generations of a request, and remember them. Raises ApiError if too long.

    They get new ids, unless `ids` are given, and the request gets one if `request_id` is None.
    """
    utterances = [designed(request.utterances, each) for each in range(request.num_generations)]
    planned = [_sounds(world, each, request, variant) for variant, each in enumerate(utterances)]
    _check_length(world, sum(sound.samples for plan in planned for _, _, sound in plan))
    made, request_id = [], request_id or new_request_id(world)
    for variant, plan in enumerate(planned):
        id = world.ids.uuid()
        generation = _assembled(id, request_id, request.format, utterances[variant], plan)
        spoken = utterances[variant]
        record = new_record(world, id, request_id, request, spoken, variant, operation)
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
    plan: _Plan = [(0, "", sound)]
    generation = _assembled(id, request_id, request.format, request.utterances, plan)
    record = new_record(world, id, request_id, request, request.utterances, 0, operation)
    record["samples"] = generation.samples
    record["loudness"] = b64encode(loudness).decode()
    world.state(VoicesState).generations.add(record)
    return generation


def made_again(world: World, record: JsonObject, format: str | None = None) -> Generation:
    """Return the generation of a record, to sound as it did."""
    utterances = tuple(map(Utterance.from_json, record["utterances"]))
    if "loudness" in record:
        plan: _Plan = [(0, "", Conversion(b64decode(record["loudness"])))]
    else:
        request = SpeechRequest(utterances, record["version"], splits=record.get("split", True))
        plan = _sounds(world, utterances, request, record["variant"])
    wanted = format or record["format"]
    return _assembled(record["id"], record["request_id"], wanted, utterances, plan)


_Plan = list[tuple[int, str, Sound]]  # the utterance's index, the snippet's text and sound


def _sounds(
    world: World, utterances: Sequence[Utterance], request: SpeechRequest, variant: int
) -> _Plan:
    own = world.state(TtsState).sounds
    return [
        (index, text, _sound(own.get(text.strip()), text, each.speed, silence_s, variant))
        for index, each in enumerate(utterances)
        for text, silence_s in _parts(each, request.splits and each.text.strip() not in own)
    ]


def _sound(own: OwnSound | None, text: str, speed: float, silence_s: float, variant: int) -> Sound:
    if own is None:
        return Speech(text, speed, silence_s, variant)
    return replace(own, silence_samples=round(silence_s * SAMPLE_RATE))


def _parts(utterance: Utterance, splits: bool) -> Iterator[tuple[str, float]]:
    """Yield the snippets' texts, which make the whole text, each with the silence after it (s)."""
    parts = _SNIPPET.findall(utterance.text) if splits else []
    *others, last = parts or [utterance.text]
    yield from ((part, 0) for part in others)
    yield last, utterance.trailing_silence_s


def _assembled(
    id: str, request_id: str, format: str, utterances: Sequence[Utterance], plan: _Plan
) -> Generation:
    ids, begin, snippets = PlacedIds("snippets", id), 0, []
    timbres = [_timbre(each.timbre) for each in utterances]
    for index, text, sound in plan:
        samples = sound.samples
        snippets.append(Snippet(ids.uuid(), text, index, sound, timbres[index], begin, samples))
        begin += samples
    return Generation(id, request_id, format, tuple(snippets), begin)


def _timbre(text: str) -> Timbre:
    gender, _, seed = text.partition("/")
    return timbre_of(seed, gender or None)


def _check_length(world: World, samples: int) -> None:
    """Raise ApiError if a request would make more sound than the settings allow."""
    limit, seconds = world.settings.max_generation_seconds, samples / SAMPLE_RATE
    if seconds > limit:
        raise tts_error("generation_too_long", seconds=seconds, limit=limit)


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
