"""Waits for something to become true, in the event loop that makes it true."""

import asyncio
from collections.abc import Callable


async def until(
    watchers: list[Callable[[], None]], condition: Callable[[], bool], timeout_s: float | None
) -> bool:
    """Wait until a condition holds. Returns False if `timeout_s` passes first.

    The condition is checked again whenever the watchers are called.
    """
    changed = asyncio.Event()
    watchers.append(changed.set)
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():
                changed.clear()
                await changed.wait()
        return True
    except TimeoutError:
        return condition()
    finally:
        watchers.remove(changed.set)
