"""Generations: made for a request, remembered, and made again from a record."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from emulator.apis.tts.errors import tts_error
from emulator.apis.tts.plan import (
    Plan,
    check_length,
    checked_plans,
    checked_plans_in_turns,
    conversion_plan,
    growing_plans,
    is_surely_short,
    plan_again,
    whole_plans,
)
from emulator.apis.tts.request import SpeechRequest, new_record
from emulator.apis.voices.state import VoicesState
from emulator.audio.sound import Sound
from emulator.audio.speakers import is_server
from emulator.audio.timbre import SAMPLE_RATE, Timbre
from emulator.ids import placed_uuid
from emulator.jsontext import JsonObject
from emulator.world.voice import prepare, voice_of
from emulator.world.world import World

_LEAST_REQUEST_NUMBER = 10_000
_REQUEST_NUMBERS = 10_000_000 - _LEAST_REQUEST_NUMBER  # of five to seven digits


@dataclass(frozen=True)
class Snippet:
    """A part of an utterance that is said in one go; `begin` is in samples of the generation.

    `place` is the generation's id, and the snippet's place in it, from 0.
    """

    place: tuple[str, int]
    text: str
    utterance_index: int
    sound: Sound
    timbre: Timbre
    begin: int
    samples: int

    @cached_property
    def id(self) -> str:
        """Return its id, which a file of sound does not show."""
        return placed_uuid("snippets", *self.place)


class Generation:
    """One generation of a request, ready to be made.

    Its snippets are found when they are needed; what asks for its length needs all of them.
    """

    __slots__ = ("_end", "_known", "_parts", "format", "id", "request_id", "takes_time")

    def __init__(
        self, id: str, request_id: str, format: str, plan: Plan, takes_time: bool = False
    ) -> None:
        """Begin with the parts of a plan; `takes_time` is True if its sound takes time to make."""
        self.id = id
        self.request_id = request_id
        self.format = format
        self.takes_time = takes_time
        self._parts = iter(plan.parts)
        self._known: list[Snippet] = []
        self._end = 0  # of the snippets that are known

    def snippets(self) -> Iterator[Snippet]:
        """Yield the snippets in their order."""
        known, place = self._known, 0
        while place < len(known) or self._find():
            yield known[place]
            place += 1

    def ends_with(self, snippet: Snippet) -> bool:
        """True if no snippet comes after this one."""
        return self._known[-1] is snippet and not self._find()

    @property
    def samples(self) -> int:
        """Return its length."""
        while self._find():
            pass
        return self._end

    @property
    def duration_s(self) -> float:
        """Return how long it is (s)."""
        return self.samples / SAMPLE_RATE

    def _find(self) -> bool:
        """Find the next snippet; False if there is none."""
        part = next(self._parts, None)
        if part is None:
            return False
        index, text, timbre, sound = part
        place, samples = (self.id, len(self._known)), sound.samples
        self._known.append(Snippet(place, text, index, sound, timbre, self._end, samples))
        self._end += samples
        return True


# making


def new_request_id(world: World) -> str:
    """Return an id as the service makes them: a UUID, and five to seven digits."""
    number = world.ids.number() % _REQUEST_NUMBERS + _LEAST_REQUEST_NUMBER
    return f"{world.ids.uuid()}{number}"


async def spoken(
    world: World,
    request: SpeechRequest,
    request_id: str | None,
    operation: str,
    streams: bool = False,
) -> list[Generation]:
    """Return what `new_generations` does. Raises ApiError.

    A server says all of it first. How long a voice speaks that takes its time is found out in a
    thread, and remembered. If the answer `streams`, the length may become known at its end.
    """
    work = world.work  # a reset gives the world another
    if is_server(world.settings.voice):
        plans = whole_plans(world, request)
        await prepare(world, (sound for plan in plans for sound in plan.sounds))
        check_length(world, plans)
    elif voice_of(world).takes_time:
        plans = await asyncio.to_thread(checked_plans, world, request)
    elif streams and is_surely_short(world, request):
        plans = growing_plans(world, request)
        return _remembered(world, request, request_id, operation, plans, is_growing=True)
    else:
        plans = await checked_plans_in_turns(world, request)
    if work.is_closed:
        raise tts_error("uncaught")
    return _remembered(world, request, request_id, operation, plans)


def new_generations(
    world: World, request: SpeechRequest, request_id: str | None, operation: str
) -> list[Generation]:
    """Return the generations of a request, and remember them. Raises ApiError if too long.

    The request gets an id if `request_id` is None.
    """
    return _remembered(world, request, request_id, operation, checked_plans(world, request))


def _remembered(
    world: World,
    request: SpeechRequest,
    request_id: str | None,
    operation: str,
    plans: Sequence[Plan],
    is_growing: bool = False,
) -> list[Generation]:
    """Return the generations of plans, and remember them. A growing one has no length yet."""
    takes_time = voice_of(world).takes_time
    made, request_id = [], request_id or new_request_id(world)
    store, now_ms = world.state(VoicesState).generations, world.clock.now_ms()
    for variant, plan in enumerate(plans):
        id = world.ids.uuid()
        generation = Generation(id, request_id, request.format, plan, takes_time)
        said = (now_ms, id, request_id, request, plan.utterances, variant, operation)
        if is_growing:
            store.begin(id, partial(new_record, *said))
        else:
            store.add({**new_record(*said), "samples": generation.samples})
        made.append(generation)
    return made


def new_conversion(
    world: World, request: SpeechRequest, request_id: str, operation: str, loudness: bytes
) -> Generation:
    """Return a generation that says a sound again, in another voice, and remember it."""
    id = world.ids.uuid()
    plan = conversion_plan(request.utterances, loudness)
    generation = Generation(id, request_id, request.format, plan)
    now_ms = world.clock.now_ms()
    record = new_record(now_ms, id, request_id, request, request.utterances, 0, operation)
    record["samples"] = generation.samples
    record["loudness"] = b64encode(loudness).decode()
    world.state(VoicesState).generations.add(record)
    return generation


def made_again(world: World, record: JsonObject, format: str | None = None) -> Generation:
    """Return the generation of a record, to sound as it did.

    If a server is its voice, `said_again` must have been awaited, or what is not kept is in tones.
    """
    plan = plan_again(world, record)
    wanted = format or record["format"]
    takes_time = voice_of(world).takes_time
    return Generation(record["id"], record["request_id"], wanted, plan, takes_time)


async def said_again(world: World, record: JsonObject) -> None:
    """Have a server that is the world's voice say again what it said for a record."""
    await prepare(world, plan_again(world, record).sounds)
