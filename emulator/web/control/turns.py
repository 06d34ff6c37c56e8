"""Long lists that are made piece by piece, so that other requests are served meanwhile."""

import asyncio
import time
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

TURN_S = 0.01  # of real time; every other client of the server waits for so long


async def in_turns(items: Iterable[T]) -> list[T]:
    """Return items as a list; while they are made, the event loop serves others every 10 ms.

    What the items are made of may change meanwhile.
    """
    made, until = list[T](), time.perf_counter() + TURN_S
    for item in items:
        made.append(item)
        if time.perf_counter() > until:
            await asyncio.sleep(0)
            until = time.perf_counter() + TURN_S
    return made
