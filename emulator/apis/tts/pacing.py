"""Sends speech at the world's pace: each chunk once it is due."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import TypeVar

from emulator.apis.tts.chunks import Chunk
from emulator.apis.tts.generation import Generation
from emulator.apis.tts.turns import Turns
from emulator.apis.voices.state import VoicesState
from emulator.audio.timbre import SAMPLE_RATE
from emulator.pace import pace_of
from emulator.reply import BodyCut
from emulator.world.world import World

T = TypeVar("T")


async def paced(
    world: World, generation: Generation, chunks: Iterable[tuple[Chunk, T]]
) -> AsyncGenerator[T, None]:
    """Yield what belongs to each chunk of a generation once it is due.

    Raises BodyCut if the world is reset meanwhile.

    The record of the generation then has its length, and is marked as cut unless it was taken to
    its end.
    """
    schedule = pace_of(world.settings).schedule(world.clock.now_ms(), generation.id)
    turns, pieces, is_complete = Turns(), iter(chunks), False
    try:
        with world.working(f"speech of generation {generation.id}") as job:
            while True:
                if generation.takes_time:
                    piece = await asyncio.to_thread(next, pieces, None)
                else:
                    piece = next(pieces, None)
                if piece is None:
                    break
                chunk, content = piece
                if not await job.reached(schedule.due_ms(chunk.begin * 1000 / SAMPLE_RATE)):
                    raise BodyCut
                yield content
                await turns.give()
            is_complete = True
    finally:
        generations = world.state(VoicesState).generations
        generations.note_end(generation.id, generation.samples, is_cut=not is_complete)
