"""The recording proxy: it passes on all that a client and its upstream say, and writes it down."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    TraceConfig,
)
from aiohttp.web import BaseRequest, Response, StreamResponse
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from emulator.errors import UPSTREAM_UNREACHABLE, UsageError, api_error
from emulator.extras.recording.capture import Keeping
from emulator.extras.recording.format import Body, Exchange, Part
from emulator.extras.recording.redaction import (
    FORM,
    KEPT_OF_ANSWERS,
    KEPT_OF_REQUESTS,
    hide_body,
    hide_url,
    kept_headers,
)
from emulator.extras.recording.requests import about, from_root
from emulator.extras.recording.serving import Handler
from emulator.extras.recording.sockets import hang_up, is_upgrade, to_its_end
from emulator.extras.recording.writer import RecordingWriter
from emulator.jsontext import JsonObject, render

_CONNECT_S = 10
_KEPT_ALIVE_S = 2  # shorter than servers do, so that they don't close under a request
_LONGEST_FIELD = 1_048_576  # bytes of a header
_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
_OF_HANDSHAKES = frozenset({
    "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key",
    "sec-websocket-protocol", "sec-websocket-version",
})  # fmt: skip
_NO_LONGER = frozenset({"host", "expect"})  # what the upstream is told anew
_READABLE = ("gzip", "deflate", "identity")  # encodings that a recording can undo

UPSTREAM_ERRORS = (ClientError, OSError, TimeoutError, ValueError)


def check_upstream(text: str) -> str:
    """The upstream's address, without a slash at its end. Raises UsageError."""
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


class RecordingProxy:
    """Stands between clients and one upstream.

    Of bodies and frames longer than `kept_bytes` only the size is written down.
    """

    def __init__(
        self,
        upstream: str,
        writer: RecordingWriter,
        kept_bytes: int,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.writer = writer
        self.kept_bytes = kept_bytes
        self._upstream = upstream
        self._trust: ssl.SSLContext | bool = True if trust is None else trust
        self._session: ClientSession | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Handler]:
        """The handler of what clients send, for as long as they may."""
        async with self.new_session() as self._session:
            yield self._handle

    def new_session(self, trace: TraceConfig | None = None) -> ClientSession:
        """Connections to the upstream; they break when it is closed."""
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

    async def _handle(self, request: BaseRequest) -> StreamResponse:
        if not is_upgrade(request):
            return await self._pass_exchange(request)
        from emulator.extras.recording.tunnel import pass_socket

        return await to_its_end(pass_socket(self, request))

    def target(self, request: BaseRequest) -> URL:
        """The same path and query at the upstream, as they were written."""
        return URL(self._upstream + from_root(request.raw_path), encoded=True)

    def unreachable(self, error: Exception) -> Response:
        """502, with a sentence that names the upstream."""
        answer = api_error(UPSTREAM_UNREACHABLE, upstream=self._upstream, why=reason(error))
        return Response(
            status=answer.status, body=render(answer.body), content_type="application/json"
        )

    def asked(self, request: BaseRequest) -> JsonObject:
        """What an entry says of a request, but for its headers and its body."""
        return {**about(request, self.writer.secrets), "at_ms": self.writer.now_ms()}

    async def _pass_exchange(self, request: BaseRequest) -> StreamResponse:
        passing = _Passing(self, request)
        assert self._session is not None
        try:
            async with self._session.request(
                request.method,
                self.target(request),
                headers=passed_on(request.headers),
                data=passing.body() if request.body_exists else None,
                allow_redirects=False,
            ) as upstream:
                return await passing.answer(upstream)
        except asyncio.CancelledError:
            passing.note("the client went away before the answer's end")
            raise
        except UPSTREAM_ERRORS as error:
            return passing.fail(error)


class _Passing:
    """One exchange on its way through."""

    def __init__(self, proxy: RecordingProxy, request: BaseRequest) -> None:
        self._proxy = proxy
        self._request = request
        self._asked = proxy.asked(request)
        self._sent = Keeping(proxy.kept_bytes)
        self._came = Keeping(proxy.kept_bytes)
        self._answer: StreamResponse | None = None
        self._is_noted = False

    async def body(self) -> AsyncIterator[bytes]:
        """The request's, part by part."""
        if self._request.headers.get("Expect", "").lower() == "100-continue":
            await self._request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        async for part in self._request.content.iter_any():
            self._sent.add(part)
            yield part

    async def answer(self, upstream: ClientResponse) -> StreamResponse:
        """Pass on the upstream's answer.

        It is written down before the client can have all of it, and so before what follows.
        """
        self._answer = StreamResponse(
            status=upstream.status, reason=upstream.reason, headers=passed_on(upstream.headers)
        )
        await self._answer.prepare(self._request)
        async for part in upstream.content.iter_any():
            self._came.add(part)
            if self._came.size == upstream.content_length:
                self.note()
            await self._answer.write(part)
        self.note()
        await self._answer.write_eof()
        return self._answer

    def fail(self, error: Exception) -> StreamResponse:
        """No answer came, or not all of it: the client sees the same."""
        if self._answer is None:
            self._answer = answer = self._proxy.unreachable(error)
            self._came.add(bytes(answer.body or b""))  # type: ignore[arg-type]
            self.note(reason(error))
            return answer
        self.note(f"the answer broke off: {reason(error)}")
        hang_up(self._request, abruptly=True)
        return self._answer

    def note(self, broken: str | None = None) -> None:
        """Write down the exchange, once."""
        if self._is_noted:
            return
        self._is_noted = True
        writer, asked = self._proxy.writer, self._asked
        request = self._part(self._request.headers, KEPT_OF_REQUESTS, self._sent)
        headers: Mapping[str, str] = {} if self._answer is None else self._answer.headers
        response = self._part(headers, KEPT_OF_ANSWERS, self._came)
        self._learn(request.body, response.body)
        writer.add(
            Exchange(
                **asked,
                method=self._request.method,
                request=_without_secrets(request),
                status=502 if self._answer is None else self._answer.status,
                response=_without_secrets(response),
                duration_ms=writer.since_ms(asked["at_ms"]),
                broken=broken,
            )
        )

    def _part(self, headers: Mapping[str, str], names: frozenset[str], keeping: Keeping) -> Part:
        body = keeping.body(headers.get("Content-Encoding", ""))
        return Part(headers=kept_headers(headers.items(), names), body=body)

    def _learn(self, asked: Body | None, answered: Body | None) -> None:
        """The secrets that this exchange names are hidden from now on."""
        secrets = self._proxy.writer.secrets
        content_type = self._request.headers.get("Content-Type", "")
        if asked is not None and asked.text is not None and content_type.startswith(FORM):
            caller, credential = secrets.caller_of_form(asked.text)
            if self._asked["caller"] is None:
                self._asked.update(caller=caller, credential=credential)
        secrets.learn_from(asked)
        if answered is not None and answered.is_json:
            secrets.learn_token(answered.value, self._asked["caller"])


def _without_secrets(part: Part) -> Part:
    body = hide_body(part.body, part.headers.get("content-type", ""))
    return part.model_copy(update={"body": body})


def passed_on(
    headers: "CIMultiDictProxy[str]", but: frozenset[str] = frozenset()
) -> "CIMultiDict[str]":
    """Headers as they go on: all but those of one connection alone."""
    named = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    left_out = _HOP_BY_HOP | _NO_LONGER | but | named
    passed = CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in left_out
    )
    if "Accept-Encoding" in passed:
        passed["Accept-Encoding"] = _readable(passed["Accept-Encoding"])
    return passed


def passed_on_in_handshake(headers: "CIMultiDictProxy[str]") -> "CIMultiDict[str]":
    """The same of a WebSocket's handshake, which each side of the proxy has of its own."""
    return passed_on(headers, _OF_HANDSHAKES)


def _readable(accepted: str) -> str:
    """Of the encodings that a client accepts, those that can be written down as what they say."""
    names = [each.strip() for each in accepted.split(",")]
    return ", ".join(n for n in names if n.partition(";")[0].strip().lower() in _READABLE) or (
        "identity"
    )


def reason(error: Exception) -> str:
    """Why the upstream did not answer, in words."""
    if isinstance(error, TimeoutError):
        return f"no connection within {_CONNECT_S} s"
    return str(error) or type(error).__name__
