"""Sends webhooks over HTTP, many at a time, from the running event loop."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from emulator import __version__
from emulator.webhooks.outbox import Done, WebhookRequest, WebhookResult

if TYPE_CHECKING:
    import aiohttp  # imported when the first webhook is sent, since it costs 0.2 s

logger = logging.getLogger("emulator")

MOST_PER_RECEIVER = 20  # requests at a time
_MOST_READ = 10_000  # bytes of an answer that are kept
_KEPT_ALIVE_S = 2  # shorter than servers do, so that they don't close under a request


class Sender:
    """The HTTP client of all worlds of a server. Redirects are not followed."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, request: WebhookRequest, done: Done) -> None:
        """Send it from the running loop, and call `done` with the result."""
        task = asyncio.get_running_loop().create_task(self._send(request, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, request: WebhookRequest, done: Done) -> None:
        try:
            result = await self._post(request)
        except Exception as problem:  # whatever it is, somebody waits for the result
            logger.exception("a webhook could not be sent to %s", request.url)
            result = WebhookResult(None, _reason(problem), 0)
        done(result)

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
                    limit=0,  # many that hang leave room for others
                    limit_per_host=MOST_PER_RECEIVER,
                    keepalive_timeout=_KEPT_ALIVE_S,
                ),
                headers={"User-Agent": f"evi-emulator/{__version__}"},
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[trace],
            )
        return self._session

    async def _start(self, session: object, context: object, parameters: object) -> None:
        """The receiver's time runs from when its request has a connection, not in the queue."""
        trace, limit = context.trace_request_ctx  # type: ignore[attr-defined]
        trace.begin()
        limit.reschedule(asyncio.get_running_loop().time() + self._timeout_s)

    async def close(self) -> None:
        """End what is under way, and all connections."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


class _Trace:
    """When a request left the queue."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def begin(self) -> None:
        self._began = time.monotonic()

    def duration_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)


def _reason(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}".removesuffix(": ")[:500]
