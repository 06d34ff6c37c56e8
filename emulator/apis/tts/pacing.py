"""Sends the chunks of a stream at the world's pace."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from emulator.apis.tts.generation import Chunk
from emulator.world.world import World


async def paced(world: World, chunks: Iterable[tuple[Chunk, bytes]]) -> AsyncIterator[bytes]:
    """Yield what belongs to each chunk once it is due."""
    for _, piece in chunks:
        yield piece
        await asyncio.sleep(0)
