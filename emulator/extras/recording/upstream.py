"""The server that a recording is made with: its address, connections to it, and its headers."""

import ssl
from urllib.parse import urlsplit

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    TraceConfig,
)
from aiohttp.web import BaseRequest, Response
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from emulator.errors import UPSTREAM_UNREACHABLE, UsageError, api_error
from emulator.extras.recording.redaction import hide_url
from emulator.extras.recording.requests import rooted
from emulator.jsontext import render

_CONNECT_S = 10
_KEPT_ALIVE_S = 2  # shorter than servers do, so that they don't close under a request
_LONGEST_FIELD = 1_048_576  # bytes of a header
_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
_HANDSHAKE_HEADERS = frozenset({
    "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key",
    "sec-websocket-protocol", "sec-websocket-version",
})  # fmt: skip
_REPLACED = frozenset({"host", "expect"})  # the proxy sends its own to the upstream
_READABLE = ("gzip", "deflate", "identity")  # encodings that a recording can undo

UPSTREAM_ERRORS = (ClientError, OSError, TimeoutError, ValueError)


def check_upstream(text: str) -> str:
    """Return the upstream's address without a slash at its end. Raises UsageError."""
    try:
        parts = urlsplit(text)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"--upstream is no address: {error}") from None
    scheme = {"ws": "http", "wss": "https"}.get(scheme, scheme)
    if scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise UsageError(
            f"--upstream must be an address such as https://api.hume.ai, got {hide_url(text)!r}"
        )
    if "@" in parts.netloc:
        raise UsageError("--upstream takes no user and password: clients send their own keys")
    return f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}"


class Upstream:
    """One server at an address. `trust` replaces the CAs that an https server is checked by."""

    def __init__(self, address: str, trust: ssl.SSLContext | None = None) -> None:
        self._address = address
        self._trust: ssl.SSLContext | bool = True if trust is None else trust

    def new_session(self, trace: TraceConfig | None = None) -> ClientSession:
        """Make a pool of connections, which break when the session is closed."""
        return ClientSession(
            connector=TCPConnector(limit=0, ssl=self._trust, keepalive_timeout=_KEPT_ALIVE_S),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
            timeout=ClientTimeout(total=None, sock_connect=_CONNECT_S),
            max_line_size=_LONGEST_FIELD,
            max_field_size=_LONGEST_FIELD,
            trace_configs=None if trace is None else [trace],
        )

    def target(self, request: BaseRequest) -> URL:
        """Return the URL with the request's path and query, spelled as the client spelled them."""
        return URL(self._address + rooted(request.raw_path), encoded=True)

    def unreachable(self, error: Exception) -> Response:
        """Answer 502, with a sentence that names the upstream."""
        answer = api_error(UPSTREAM_UNREACHABLE, upstream=self._address, why=reason(error))
        return Response(
            status=answer.status, body=render(answer.body), content_type="application/json"
        )


def reason(error: Exception) -> str:
    """Say in words why the upstream did not answer."""
    if isinstance(error, TimeoutError):
        return f"no connection within {_CONNECT_S} s"
    return str(error) or type(error).__name__


def forwarded_headers(
    headers: "CIMultiDictProxy[str]", but: frozenset[str] = frozenset()
) -> "CIMultiDict[str]":
    """Return the headers for the other side, without `but` and those of this connection alone."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    left_out = _HOP_BY_HOP | _REPLACED | but | named
    forwarded = CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in left_out
    )
    if "Accept-Encoding" in forwarded:
        forwarded["Accept-Encoding"] = _readable(forwarded["Accept-Encoding"])
    return forwarded


def forwarded_handshake_headers(headers: "CIMultiDictProxy[str]") -> "CIMultiDict[str]":
    """Return a handshake's headers for the other side, which makes its own Sec-WebSocket ones."""
    return forwarded_headers(headers, _HANDSHAKE_HEADERS)


def _readable(accepted: str) -> str:
    """Return the accepted encodings from which a recording can get the plain content."""
    names = [each.strip() for each in accepted.split(",")]
    return ", ".join(n for n in names if n.partition(";")[0].strip().lower() in _READABLE) or (
        "identity"
    )
