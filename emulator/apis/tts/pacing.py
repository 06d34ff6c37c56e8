"""Sends speech at the world's pace: each chunk once it is due."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import TypeVar

from emulator.apis.tts.generation import Chunk, Generation
from emulator.apis.tts.turns import Turns
from emulator.audio.timbre import SAMPLE_RATE
from emulator.pace import pace_of
from emulator.world.world import World

T = TypeVar("T")


async def paced(
    world: World, generation: Generation, chunks: Iterable[tuple[Chunk, T]]
) -> AsyncGenerator[T, None]:
    """Yield what belongs to each chunk of a generation once it is due; a reset ends it."""
    schedule = pace_of(world.settings).schedule(world.clock.now_ms(), generation.id)
    turns = Turns()
    with world.working(f"speech of generation {generation.id}") as job:
        pieces = iter(chunks)
        while True:
            if generation.takes_time:
                piece = await asyncio.to_thread(next, pieces, None)
            else:
                piece = next(pieces, None)
            if piece is None:
                return
            chunk, content = piece
            if not await job.reached(schedule.due_ms(chunk.begin * 1000 / SAMPLE_RATE)):
                return
            yield content
            await turns.give()
