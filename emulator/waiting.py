"""Waits for something to become true, in the event loop that makes it true."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any


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


async def outcome_in_thread(act: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Return what `act` returns, run in a thread, and what it raises.

    The thread ends with the process at the latest. Exceptions count that are no Exception, such as
    those with which pytest fails a test.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not future.cancelled():
            future.set_result((result, error))

    def run() -> None:
        result, error = None, None
        try:
            result = act()
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop has ended before
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="evi-emulator-callable", daemon=True).start()
    return await future
