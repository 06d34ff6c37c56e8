"""All connections to servers for models, voices and ears. On aiohttp, so it is imported late."""

from typing import Any

import aiohttp

from emulator.outgoing.streaming import StreamingClient
from emulator.version import __version__

_MOST_CONNECTIONS = 1_000  # at a time; each chat has one at most
_KEPT_ALIVE_S = 2  # less than servers do, so that they do not close a connection in use


class RedirectRefused(OSError):
    """A server wants to send the request elsewhere, perhaps to a host that must not be called."""


async def _refuse_redirect(*_: Any) -> None:
    raise RedirectRefused("it redirects, which the emulator does not follow")


class Connections:
    """A session for whole answers and WebSockets, and a client for answers that are streams."""

    def __init__(self) -> None:
        self.session = _new_session()
        self.streaming = StreamingClient()

    async def close(self) -> None:
        """Close all connections."""
        await self.session.close()
        await self.streaming.close()


def _new_session() -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    return aiohttp.ClientSession(
        trace_configs=[trace],
        connector=aiohttp.TCPConnector(limit=_MOST_CONNECTIONS, keepalive_timeout=_KEPT_ALIVE_S),
        headers={"User-Agent": f"evi-emulator/{__version__}"},
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )
