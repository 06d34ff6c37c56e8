"""The HTTP client of webhooks. It is on aiohttp, so it is imported with the first webhook."""

import asyncio
import time

import aiohttp

from emulator.outgoing.outbox import WebhookRequest, WebhookResult
from emulator.outgoing.reason import reason
from emulator.version import __version__

_MOST_CONNECTIONS = 400  # at a time, to all receivers; a process may have 1,024 files open
_MOST_READ = 10_000  # bytes of an answer that are kept
_KEPT_ALIVE_S = 2  # less than servers do, so that they do not close a connection in use


class WebhookClient:
    """Posts webhooks over connections that it keeps. It does not follow redirects."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_start.append(self._start)
        trace.on_connection_reuseconn.append(self._start)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_MOST_CONNECTIONS,
                limit_per_host=0,  # the sender limits them
                keepalive_timeout=_KEPT_ALIVE_S,
            ),
            headers={"User-Agent": f"evi-emulator/{__version__}"},
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[trace],
        )

    async def post(self, request: WebhookRequest) -> WebhookResult:
        """Send the request and return the receiver's answer, or why there is none."""
        trace = _Trace()
        status, text, error = None, "", None
        try:
            async with (
                asyncio.timeout(None) as limit,
                self._session.post(
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
            error = reason(problem)
        return WebhookResult(status, error, trace.duration_ms(), text)

    async def _start(self, session: object, context: object, parameters: object) -> None:
        """Start the receiver's time when its request has a connection, not while it is queued."""
        trace, limit = context.trace_request_ctx  # type: ignore[attr-defined]
        trace.begin()
        limit.reschedule(asyncio.get_running_loop().time() + self._timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


class _Trace:
    """Notes when a request left the queue."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def begin(self) -> None:
        self._began = time.monotonic()

    def duration_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)
