"""Sends webhooks over HTTP, many at a time, from the running event loop."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from emulator.outgoing.outbox import Cancel, Done, WebhookRequest, WebhookResult
from emulator.version import __version__

if TYPE_CHECKING:
    import aiohttp  # imported when the first webhook is sent, since that takes 0.2 s

logger = logging.getLogger("emulator")

MOST_PER_RECEIVER = 20  # requests of one world at a time, without those that hang
_HANGING_S = 0.2  # a request without an answer by then frees its place
_MOST_CONNECTIONS = 400  # at a time, to all receivers; a process may have 1,024 files open
_MOST_READ = 10_000  # bytes of an answer that are kept
_KEPT_ALIVE_S = 2  # less than servers do, so that they do not close a connection in use


class Sender:
    """The HTTP client of all worlds of a server. Redirects are not followed."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
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
            trouble, result = problem, WebhookResult(None, _reason(problem), 0)
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
        session = self._open()
        import aiohttp

        trace = _Trace()
        status, text, error = None, "", None
        try:
            async with (
                asyncio.timeout(None) as limit,
                session.post(
                    request.url,
                    data=request.body,
                    headers=request.headers,
                    allow_redirects=False,
                    trace_request_ctx=(trace, limit),
                ) as response,
            ):
                text = (await response.content.read(_MOST_READ)).decode(errors="replace")
                status = response.status
        except TimeoutError:
            error = f"no answer within {self._timeout_s:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            error = _reason(problem)
        return WebhookResult(status, error, trace.duration_ms(), text)

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None or self._session.closed:
            trace = aiohttp.TraceConfig()
            trace.on_connection_create_start.append(self._start)
            trace.on_connection_reuseconn.append(self._start)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=_MOST_CONNECTIONS,
                    limit_per_host=0,  # `_take_place` limits them
                    keepalive_timeout=_KEPT_ALIVE_S,
                ),
                headers={"User-Agent": f"evi-emulator/{__version__}"},
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[trace],
            )
        return self._session

    async def _start(self, session: object, context: object, parameters: object) -> None:
        """Start the receiver's time when its request has a connection, not while it is queued."""
        trace, limit = context.trace_request_ctx  # type: ignore[attr-defined]
        trace.begin()
        limit.reschedule(asyncio.get_running_loop().time() + self._timeout_s)

    async def close(self) -> None:
        """Cancel what is under way, and close all connections."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


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


class _Trace:
    """Notes when a request left the queue."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def begin(self) -> None:
        self._began = time.monotonic()

    def duration_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)


def _reason(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}".removesuffix(": ")[:500]
