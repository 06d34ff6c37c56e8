"""A server that answers calls, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.twilio.phone_server import PhoneServer, phone_server

_PATIENCE_S = 10  # no test waits that long unless it is about to fail


@contextmanager
def serving() -> Iterator[PhoneServer]:
    """Serve on a free port of this machine, for a test that has no loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    served = phone_server()
    try:
        yield asyncio.run_coroutine_threadsafe(served.__aenter__(), loop).result(_PATIENCE_S)
    finally:
        ending = served.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(ending, loop).result(_PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE_S)
        loop.close()
