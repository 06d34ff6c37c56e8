"""Sends webhooks, many at a time, from the running event loop."""

import asyncio
import logging
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from emulator.outgoing.outbox import Cancel, Done, WebhookRequest, WebhookResult
from emulator.outgoing.reason import reason

if TYPE_CHECKING:
    from emulator.outgoing.client import WebhookClient

logger = logging.getLogger("emulator")

MOST_PER_RECEIVER = 20  # requests of one world at a time, not counting hanging ones
_HANGING_S = 0.2  # a request without an answer by then frees its place


class Sender:
    """Sends the webhooks of all worlds of a server; each world has few places at a receiver."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._client: WebhookClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._places: WeakValueDictionary[tuple[str, str], asyncio.Semaphore]
        self._places = WeakValueDictionary()  # by world and receiver, as long as one is taken

    def __call__(self, request: WebhookRequest, done: Done) -> Cancel:
        """Send the request from the running loop; call `done` with the result, unless cancelled."""
        task = asyncio.get_running_loop().create_task(self._send(request, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task.cancel

    async def _send(self, request: WebhookRequest, done: Done) -> None:
        trouble: Exception | None = None
        try:
            with await self._take_place(request):
                result = await self._post(request)
        except asyncio.CancelledError:
            del done  # the error keeps this frame, which would keep a deleted world
            raise
        except Exception as problem:  # of any kind, since somebody waits for the result
            trouble, result = problem, WebhookResult(None, reason(problem), 0)
        done(result)
        if trouble is not None:  # logged last: the log may be broken, too
            logger.error("a webhook could not be sent to %s", request.url, exc_info=trouble)

    async def _take_place(self, request: WebhookRequest) -> "_Place":
        """Wait for one of the places that a world has at a receiver."""
        whose = (request.sender, request.receiver)
        places = self._places.get(whose)
        if places is None:
            places = self._places[whose] = asyncio.Semaphore(MOST_PER_RECEIVER)
        await places.acquire()
        return _Place(places)

    async def _post(self, request: WebhookRequest) -> WebhookResult:
        return await self._open().post(request)

    def _open(self) -> "WebhookClient":
        if self._client is None:
            from emulator.outgoing.client import WebhookClient  # on aiohttp, which takes 0.2 s

            self._client = WebhookClient(self._timeout_s)
        return self._client

    async def close(self) -> None:
        """Cancel what is under way, and close all connections."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            self._client = None


class _Place:
    """A place at a receiver. It is freed at the answer, or earlier if that takes long."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = loop.call_later(_HANGING_S, self._leave)

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._places.release()

    def __enter__(self) -> None:
        """Do nothing: the place is taken already."""

    def __exit__(self, *error: object) -> None:
        self._leave()
