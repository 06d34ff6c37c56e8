"""An HTTP proxy that leads connections to the service's hosts to an emulator.

Connections to other hosts pass untouched, through the proxy that was set before if there was one.
"""

import asyncio
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from types import TracebackType
from urllib.parse import urlsplit

from emulator.errors import StartupError
from emulator.extras.interception.heads import BadHead, Head, read_head
from emulator.extras.interception.pipes import Pipe, join
from emulator.extras.interception.redirected import redirect
from emulator.extras.interception.upstream import Unreachable, Upstream, connect
from emulator.redirection.hosts import is_service
from emulator.redirection.target import Target

_LOOPBACK = "127.0.0.1"
_ANY = (_LOOPBACK, 0)  # with a free port
_PATIENCE_S = 10  # for the thread to begin
_CONNECTED = Head(("HTTP/1.1", "200", "Connection established"), ())


_Answer = Callable[[Head, Pipe], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Address:
    host: str
    port: int


class Proxy:
    """A proxy on this machine, served from a thread.

    `chain_file` has the certificate of the service's hosts and its key; `count` is how many
    requests were led to the target.
    """

    def __init__(self, target: Target, chain_file: str, upstream: Upstream | None = None) -> None:
        self.count = 0
        self._upstream = upstream
        self._target = target
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(chain_file)
        self._tls.set_alpn_protocols(["http/1.1"])
        self._front_port = self._port = 0
        self._tasks = set[asyncio.Task[None]]()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="evi-emulator-proxy", daemon=True)

    @property
    def url(self) -> str:
        """Return the URL for HTTPS_PROXY."""
        return f"http://{_LOOPBACK}:{self._port}"

    def __enter__(self) -> "Proxy":
        self._thread.start()
        if not self._begun.wait(_PATIENCE_S) or self._loop is None:
            raise StartupError(f"the proxy did not begin within {_PATIENCE_S} s")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        """Serve until the end; what is under way then is cut off."""
        front = await asyncio.start_server(self._serving(self._redirect), *_ANY, ssl=self._tls)
        proxy = await asyncio.start_server(self._serving(self._answer), *_ANY)
        self._front_port, self._port = (_port(each) for each in (front, proxy))
        self._loop = asyncio.get_running_loop()
        self._begun.set()
        await self._over.wait()
        front.close()
        proxy.close()

    def _serving(self, answer: _Answer) -> Callable[[StreamReader, StreamWriter], None]:
        """Return what to do with each connection: to read a head, and answer it in a task."""

        def begin(reader: StreamReader, writer: StreamWriter) -> None:
            task = asyncio.create_task(_serve_one(answer, Pipe(reader, writer)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return begin

    async def _redirect(self, head: Head, client: Pipe) -> None:
        """Send the emulator a request that is for the service. Raises OSError."""
        self.count += 1
        await redirect(head, client, self._target)

    async def _answer(self, head: Head, client: Pipe) -> None:
        """Do what a request to the proxy asks. Raises BadHead, Unreachable, and OSError."""
        method, target, _ = head.words
        if method == "CONNECT":
            await self._tunnel(_address(f"//{target}", 443), client)
        else:
            await self._forward(head, client)

    async def _tunnel(self, address: _Address, client: Pipe) -> None:
        if is_service(address.host):
            other = await connect(None, _LOOPBACK, self._front_port)
        else:
            other = await connect(self._upstream, address.host, address.port)
        client.writer.write(_CONNECTED.to_bytes())
        await join(client, other)

    async def _forward(self, head: Head, client: Pipe) -> None:
        """Send a request for a plain http URL to its host, or to the emulator."""
        method, url, version = head.words
        address = _address(url, 80)
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = replace(head, words=(method, path, version)).without("proxy-authorization")
        if is_service(address.host):
            await self._redirect(head, client)
            return
        other = await connect(None, address.host, address.port)
        other.writer.write(head.closing().to_bytes())
        await join(client, other)


async def _serve_one(answer: _Answer, client: Pipe) -> None:
    """Read one request's head, and answer it."""
    try:
        head = await read_head(client.reader)
        if head is not None:
            await answer(head, client)
    except (BadHead, Unreachable, OSError, UnicodeError) as error:  # the last: no name of a host
        status = "400 Bad Request" if isinstance(error, BadHead) else "502 Bad Gateway"
        client.writer.write(_refusal(status, str(error)))
    finally:
        client.writer.close()


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


def _address(url: str, default_port: int) -> _Address:
    """Return the host and the port of a URL. Raises BadHead."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or default_port
    except ValueError:
        host, port = None, 0
    if not host or parts.scheme not in ("", "http"):
        raise BadHead("this is a proxy: it takes CONNECT HOST:PORT, and requests for http:// URLs")
    return _Address(host, port)


def _refusal(status: str, why: str) -> bytes:
    body = f"evi-emulator: {why}\n".encode()
    code, _, reason = status.partition(" ")
    headers = (("Content-Length", str(len(body))), ("Connection", "close"))
    return Head(("HTTP/1.1", code, reason), headers).to_bytes() + body
