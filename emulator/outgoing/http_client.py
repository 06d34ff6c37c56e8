"""The HTTP client of a server for models, voices and ears. It is made at the first request."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

    from emulator.outgoing.connections import Connections
    from emulator.outgoing.streaming import StreamingClient


class HttpClient:
    """Connections that are kept, without cookies or redirects; timeouts are the caller's."""

    def __init__(self) -> None:
        self._connections: Connections | None = None

    def session(self) -> "aiohttp.ClientSession":
        """Return the session; the running loop is the one that will use it."""
        return self._opened().session

    def streaming(self) -> "StreamingClient":
        """Return the client for answers that are streams, which the running loop will use."""
        return self._opened().streaming

    def _opened(self) -> "Connections":
        if self._connections is None:
            from emulator.outgoing.connections import Connections  # which takes 0.2 s

            self._connections = Connections()
        return self._connections

    async def close(self) -> None:
        """Close all connections."""
        if self._connections is not None:
            await self._connections.close()
            self._connections = None
