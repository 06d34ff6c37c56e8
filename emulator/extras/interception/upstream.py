"""The proxy that the environment named before, by which other hosts are still reached."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from emulator.errors import UsageError
from emulator.extras.interception.heads import BadHead, Head, read_head
from emulator.extras.interception.pipes import Pipe

_DEFAULT_PORT = 80


class Unreachable(Exception):
    """A host can't be reached; the message says why."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """An http proxy; `authorization` is "" for one that wants none."""

    host: str
    port: int
    authorization: str

    async def connect(self, host: str, port: int) -> Pipe:
        """Connect to a host through the proxy. Raises Unreachable, and OSError."""
        pipe = Pipe(*await asyncio.open_connection(self.host, self.port))
        headers = [("Host", f"{host}:{port}")]
        if self.authorization:
            headers.append(("Proxy-Authorization", self.authorization))
        shown = f"[{host}]" if ":" in host else host
        head = Head(("CONNECT", f"{shown}:{port}", "HTTP/1.1"), tuple(headers))
        pipe.writer.write(head.to_bytes())
        try:
            answer = await read_head(pipe.reader)
        except BadHead as error:
            answer = None
            why = str(error)
        else:
            why = "no answer" if answer is None else " ".join(answer.words[1:])
        if answer is None or not answer.words[1].startswith("2"):
            pipe.writer.close()
            raise Unreachable(f"the proxy {self.host}:{self.port} refused: {why}")
        return pipe


async def connect(upstream: Upstream | None, host: str, port: int) -> Pipe:
    """Connect to a host, through the proxy if there is one. Raises Unreachable, and OSError."""
    if upstream is not None:
        return await upstream.connect(host, port)
    return Pipe(*await asyncio.open_connection(host, port))


def read_upstream(url: str, variable: str = "HTTPS_PROXY") -> Upstream | None:
    """Read the value of a variable; None if it is empty. Raises UsageError for other kinds."""
    if not url:
        return None
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port or _DEFAULT_PORT
    except ValueError:
        host, port = None, 0
    if not host or parts.scheme != "http":
        raise UsageError(
            f"{variable} must be an http proxy such as http://proxy.example:3128, got "
            f"{_without_password(url)!r}"
        )
    given = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    basic = f"Basic {b64encode(given.encode()).decode()}" if parts.username else ""
    return Upstream(host, port, basic)


def _without_password(url: str) -> str:
    """Return a URL for a message, without what only the proxy may know."""
    before, at, after = url.rpartition("@")
    scheme, slashes, _ = before.rpartition("//")
    return f"{scheme}{slashes}***@{after}" if at else url
