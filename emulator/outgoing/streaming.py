"""Posts questions whose answers are streams, over connections that are kept."""

import asyncio
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from socket import SOCK_STREAM
from typing import NamedTuple
from weakref import WeakSet, WeakValueDictionary

import aiohappyeyeballs
from yarl import URL

from emulator.hosts import is_address
from emulator.outgoing.reason import reason
from emulator.outgoing.streamed_answer import Connection, Receiver
from emulator.version import __version__

_MOST_CONNECTIONS = 1_000  # at a time; each chat has one at most
_KEPT_ALIVE_S = 2  # less than servers do, so that they do not close a connection in use
_NEXT_ADDRESS_S = 0.25  # after which a host's next address is tried, too


class Unreachable(OSError):
    """No connection could be made; `os_error` says why."""

    def __init__(self, server: "Server", error: OSError) -> None:
        super().__init__(f"cannot connect to {server.host}:{server.port} ({reason(error)})")
        self.os_error = error


class Server(NamedTuple):
    """Where connections lead."""

    is_encrypted: bool
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Post:
    """A request; `timeout_s` is how long the server may be silent, `most_bytes` of its answer."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float
    most_bytes: int


class StreamingClient:
    """Connections that are kept for a while. A redirect is an answer like any other."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_MOST_CONNECTIONS)
        self._idle: WeakValueDictionary[Server, set[Connection]] = WeakValueDictionary()
        self._all: WeakSet[Connection] = WeakSet()

    async def post(self, post: Post, receiver: Receiver) -> None:
        """Post, and return once the receiver has taken all that it wants.

        Raises OSError, of which TimeoutError is a kind, ValueError for what can't be sent, and
        what the receiver raises.
        """
        url = URL(post.url)
        request = _request(url, post)
        server = Server(url.scheme == "https", url.raw_host or "", url.port or 0)
        async with self._places:
            async with asyncio.timeout(post.timeout_s):
                connection = self._kept(server) or await self._connect(server)
            try:
                await connection.ask(request, receiver, post.timeout_s, post.most_bytes)
            except BaseException:
                connection.close()
                raise
            connection.rest(_KEPT_ALIVE_S)

    def _kept(self, server: Server) -> Connection | None:
        idle = self._idle.get(server)
        while idle:
            connection = idle.pop()
            if connection.is_open:
                return connection
        return None

    async def _connect(self, server: Server) -> Connection:
        idle = self._idle.get(server)
        if idle is None:
            idle = self._idle[server] = set()
        try:
            connection = await _connected(server, idle)
        except OSError as error:
            raise Unreachable(server, error) from None
        self._all.add(connection)
        return connection

    async def close(self) -> None:
        """Close all connections."""
        for connection in list(self._all):
            connection.close()
        await asyncio.sleep(0)  # lets them close


async def _connected(server: Server, idle: set[Connection]) -> Connection:
    """Connect to the first address that answers; a slow one does not hold up the others."""
    loop = asyncio.get_running_loop()
    context = _encryption() if server.is_encrypted else None
    name = server.host if server.is_encrypted else None

    def new_connection() -> Connection:
        return Connection(idle)

    if is_address(server.host):
        _, connection = await loop.create_connection(
            new_connection, server.host, server.port, ssl=context, server_hostname=name
        )
        return connection
    addresses = await loop.getaddrinfo(server.host, server.port, type=SOCK_STREAM)
    socket = await aiohappyeyeballs.start_connection(
        addresses, happy_eyeballs_delay=_NEXT_ADDRESS_S, interleave=1, loop=loop
    )
    try:
        _, connection = await loop.create_connection(
            new_connection, sock=socket, ssl=context, server_hostname=name
        )
    except BaseException:
        socket.close()
        raise
    return connection


@cache
def _encryption() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _request(url: URL, post: Post) -> bytes:
    """Return a request as it is sent. Raises ValueError for a header that can't be."""
    headers = {
        "Host": url.host_port_subcomponent or "",
        "User-Agent": f"evi-emulator/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
        "Content-Length": str(len(post.body)),
        **_basic_authorization(url),
        **post.headers,
    }
    for name, value in headers.items():
        if not value.isprintable():
            raise ValueError(f"the header {name} must have no line ends or control characters")
    lines = [f"POST {url.raw_path_qs} HTTP/1.1", *map(": ".join, headers.items()), "", ""]
    return "\r\n".join(lines).encode() + post.body


def _basic_authorization(url: URL) -> dict[str, str]:
    """Return the header of a URL with a user, such as http://user:password@host."""
    if url.user is None and url.password is None:
        return {}
    credentials = f"{url.user or ''}:{url.password or ''}".encode()
    return {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}
