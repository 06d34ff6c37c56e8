"""A small server in a thread, which serves the recording proxy and the player.

It is aiohttp's: its WebSockets show each close as it came, and send each close as it is given.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

from aiohttp.web import BaseRequest, Server, StreamResponse

from emulator.errors import StartupError

Handler: TypeAlias = Callable[[BaseRequest], Awaitable[StreamResponse]]
Opening: TypeAlias = Callable[[], AbstractAsyncContextManager[Handler]]

_HOST = "127.0.0.1"
_LONGEST_LINE = 1_048_576  # bytes: a query may hold session settings
_LINGER_S = 1  # for requests that are not answered yet at the end


class Serving:
    """Serves a handler on a port of this machine, from a thread.

    `opening` makes the handler inside the thread's loop, and closes it at the end. The port is
    bound at once, so `url` is known before it starts. Raises StartupError if it is taken.
    """

    def __init__(self, opening: Opening, port: int) -> None:
        self._opening = opening
        try:
            self._socket = socket.create_server((_HOST, port))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise StartupError(
                f"cannot listen on {_HOST}:{port}: {why}; choose a port with --port (0: any)"
            ) from None
        self.url = f"http://{_HOST}:{self._socket.getsockname()[1]}"
        self._stopping: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="evi-emulator", daemon=True)

    def __enter__(self) -> "Serving":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *about: object) -> None:
        """Stop the server, after a moment for unanswered requests."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with self._opening() as handler:
            server = Server(
                handler,
                handler_cancellation=True,
                access_log=None,
                auto_decompress=False,
                max_line_size=_LONGEST_LINE,
                max_field_size=_LONGEST_LINE,
            )
            listening = await self._loop.create_server(server, sock=self._socket)
            self._ready.set()
            await self._stopping.wait()
            listening.close()
            server.pre_shutdown()
            await server.shutdown(_LINGER_S)
