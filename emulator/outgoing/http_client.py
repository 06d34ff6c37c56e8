"""The HTTP client of a server for models, voices and ears. It is made at the first request."""

from typing import TYPE_CHECKING, Any

from emulator.version import __version__

if TYPE_CHECKING:
    import aiohttp

_MOST_CONNECTIONS = 1_000  # at a time; each chat has one at most
_KEPT_ALIVE_S = 2  # less than servers do, so that they do not close a connection in use


class RedirectRefused(OSError):
    """A server wants to send the request elsewhere, perhaps to a host that must not be called."""


async def _refuse_redirect(*_: Any) -> None:
    raise RedirectRefused("it redirects, which the emulator does not follow")


class HttpClient:
    """Connections that are kept, without cookies or redirects; timeouts are the caller's."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> "aiohttp.ClientSession":
        """Return the session; the running loop is the one that will use it."""
        if self._session is None:
            import aiohttp  # which takes 0.2 s, and few need it

            trace = aiohttp.TraceConfig()
            trace.on_request_redirect.append(_refuse_redirect)
            self._session = aiohttp.ClientSession(
                trace_configs=[trace],
                connector=aiohttp.TCPConnector(
                    limit=_MOST_CONNECTIONS, keepalive_timeout=_KEPT_ALIVE_S
                ),
                headers={"User-Agent": f"evi-emulator/{__version__}"},
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
