"""An exchange through the recording proxy: both bodies pass part by part, as they come."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from aiohttp import ClientResponse, ClientSession
from aiohttp.web import BaseRequest, StreamResponse

from emulator.extras.recording.capture import Capture
from emulator.extras.recording.format import Body, Exchange, Part
from emulator.extras.recording.redaction import (
    FORM,
    KEPT_REQUEST_HEADERS,
    KEPT_RESPONSE_HEADERS,
    hide_body,
    kept_headers,
)
from emulator.extras.recording.requests import describe_request
from emulator.extras.recording.sockets import hang_up
from emulator.extras.recording.upstream import (
    UPSTREAM_ERRORS,
    Upstream,
    forwarded_headers,
    reason,
)
from emulator.extras.recording.writer import RecordingWriter


async def forward_exchange(
    request: BaseRequest,
    upstream: Upstream,
    session: ClientSession,
    writer: RecordingWriter,
    kept_bytes: int,
) -> StreamResponse:
    """Send the request to the upstream, and its answer to the client; write both down."""
    exchange = _Forwarded(request, upstream, writer, kept_bytes)
    try:
        async with session.request(
            request.method,
            upstream.target(request),
            headers=forwarded_headers(request.headers),
            data=exchange.body() if request.body_exists else None,
            allow_redirects=False,
        ) as response:
            return await exchange.answer(response)
    except asyncio.CancelledError:
        exchange.note("the client went away before the answer's end")
        raise
    except UPSTREAM_ERRORS as error:
        return exchange.fail(error)


class _Forwarded:
    """One exchange on its way through."""

    def __init__(
        self, request: BaseRequest, upstream: Upstream, writer: RecordingWriter, kept_bytes: int
    ) -> None:
        self._request = request
        self._upstream = upstream
        self._writer = writer
        self._asked = {**describe_request(request, writer.secrets), "at_ms": writer.now_ms()}
        self._sent = Capture(kept_bytes)
        self._received = Capture(kept_bytes)
        self._answer: StreamResponse | None = None
        self._is_noted = False

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the request's body, part by part."""
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
            status=upstream.status,
            reason=upstream.reason,
            headers=forwarded_headers(upstream.headers),
        )
        await self._answer.prepare(self._request)
        async for part in upstream.content.iter_any():
            self._received.add(part)
            if self._received.size == upstream.content_length:
                self.note()
            await self._answer.write(part)
        self.note()
        await self._answer.write_eof()
        return self._answer

    def fail(self, error: Exception) -> StreamResponse:
        """Answer 502 if no answer came, else break off where the upstream's answer did."""
        if self._answer is None:
            self._answer = answer = self._upstream.unreachable(error)
            self._received.add(bytes(answer.body or b""))  # type: ignore[arg-type]
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
        request = self._part(self._request.headers, KEPT_REQUEST_HEADERS, self._sent)
        headers: Mapping[str, str] = {} if self._answer is None else self._answer.headers
        response = self._part(headers, KEPT_RESPONSE_HEADERS, self._received)
        self._learn_secrets(request.body, response.body)
        self._writer.add(
            Exchange(
                **self._asked,
                method=self._request.method,
                request=_without_secrets(request),
                status=502 if self._answer is None else self._answer.status,
                response=_without_secrets(response),
                duration_ms=self._writer.since_ms(self._asked["at_ms"]),
                broken=broken,
            )
        )

    def _part(self, headers: Mapping[str, str], names: frozenset[str], capture: Capture) -> Part:
        body = capture.body(headers.get("Content-Encoding", ""))
        return Part(headers=kept_headers(headers.items(), names), body=body)

    def _learn_secrets(self, sent: Body | None, received: Body | None) -> None:
        """Hide the secrets that this exchange names from now on."""
        secrets = self._writer.secrets
        content_type = self._request.headers.get("Content-Type", "")
        if sent is not None and sent.text is not None and content_type.startswith(FORM):
            caller, credential = secrets.caller_of_form(sent.text)
            if self._asked["caller"] is None:
                self._asked.update(caller=caller, credential=credential)
        secrets.learn_from(sent)
        if received is not None and received.is_json:
            secrets.learn_token(received.value, self._asked["caller"])


def _without_secrets(part: Part) -> Part:
    body = hide_body(part.body, part.headers.get("content-type", ""))
    return part.model_copy(update={"body": body})
