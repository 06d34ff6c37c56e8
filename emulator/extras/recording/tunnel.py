"""A WebSocket through the recording proxy: frames and closes pass both ways, as they come."""

import asyncio
from contextlib import suppress

from aiohttp import (
    ClientWebSocketResponse,
    WSServerHandshakeError,
)
from aiohttp.web import BaseRequest, Response, StreamResponse, WebSocketResponse

from emulator.extras.recording.capture import Capture
from emulator.extras.recording.format import (
    BROKEN,
    SWITCHING,
    Body,
    Closed,
    Frame,
    Opened,
    Part,
    Side,
    frame_of,
)
from emulator.extras.recording.redaction import (
    KEPT_REQUEST_HEADERS,
    KEPT_RESPONSE_HEADERS,
    hide_body,
    kept_headers,
)
from emulator.extras.recording.requests import describe_request
from emulator.extras.recording.sockets import (
    AnySocket,
    Close,
    accepting,
    capture_refusal,
    drop,
    hang_up,
    receive,
    send,
)
from emulator.extras.recording.upstream import (
    UPSTREAM_ERRORS,
    Upstream,
    forwarded_handshake_headers,
    reason,
)
from emulator.extras.recording.writer import RecordingWriter
from emulator.jsontext import JsonObject

_CLOSING_S = 10  # for the other side to answer a close


async def forward_socket(
    request: BaseRequest, upstream: Upstream, writer: RecordingWriter, kept_bytes: int
) -> StreamResponse:
    """Open the socket at the upstream, and pass on what both sides say; or pass on its refusal."""
    handshake = _Handshake(request, writer, kept_bytes)
    refusal, trace = capture_refusal()
    async with upstream.new_session(trace) as session:
        try:
            server = await session.ws_connect(
                upstream.target(request),
                headers=forwarded_handshake_headers(request.headers),
                protocols=_offered(request),
                autoclose=False,
                max_msg_size=0,
            )
        except WSServerHandshakeError as error:
            return handshake.refuse(_refused(error, bytes(refusal)))
        except UPSTREAM_ERRORS as error:
            return handshake.refuse(upstream.unreachable(error), reason(error))
        protocol = server.protocol
        client = accepting(protocol)
        handshake.note(status=SWITCHING, protocol=protocol)
        await client.prepare(request)
        await _Tunnel(client, server, handshake.number, writer, kept_bytes).run(request)
        await drop(session, server)
        return client


def _offered(request: BaseRequest) -> list[str]:
    """Return the subprotocols that the client would speak."""
    lines = request.headers.getall("Sec-WebSocket-Protocol", [])
    return [name.strip() for line in lines for name in line.split(",") if name.strip()]


def _refused(error: WSServerHandshakeError, body: bytes) -> Response:
    headers = forwarded_handshake_headers(error.headers)  # type: ignore[arg-type]
    headers.popall("Content-Length", None)
    return Response(status=error.status, body=body, headers=headers)


class _Handshake:
    """A handshake, and the entry that describes it. Its socket has the number `number`."""

    def __init__(self, request: BaseRequest, writer: RecordingWriter, kept_bytes: int) -> None:
        self.number = writer.new_socket()
        self._writer = writer
        self._kept_bytes = kept_bytes
        self._asked = {**describe_request(request, writer.secrets), "at_ms": writer.now_ms()}
        self._request = Part(headers=kept_headers(request.headers.items(), KEPT_REQUEST_HEADERS))

    def refuse(self, answer: Response, broken: str | None = None) -> Response:
        """Write down that the socket was refused with this answer, and return the answer."""
        content_type = answer.headers.get("Content-Type", "")
        capture = Capture(self._kept_bytes)
        capture.add(bytes(answer.body or b""))  # type: ignore[arg-type]
        body = hide_body(capture.body(answer.headers.get("Content-Encoding", "")), content_type)
        headers = kept_headers(answer.headers.items(), KEPT_RESPONSE_HEADERS)
        response = Part(headers=headers, body=body)
        self.note(status=answer.status, response=response, broken=broken)
        return answer

    def note(self, **more: object) -> None:
        """Write down the handshake with the fields that the upstream's answer adds."""
        fields: JsonObject = {**self._asked, **more, "request": self._request}
        fields["duration_ms"] = self._writer.since_ms(self._asked["at_ms"])
        self._writer.add(Opened(socket=self.number, **fields))


class _Tunnel:
    """Both directions of one socket, until both sides have closed or one has broken."""

    def __init__(
        self,
        client: WebSocketResponse,
        server: ClientWebSocketResponse,
        number: int,
        writer: RecordingWriter,
        kept_bytes: int,
    ) -> None:
        self._client = client
        self._server = server
        self._number = number
        self._writer = writer
        self._kept_bytes = kept_bytes
        self._is_closed = False

    async def run(self, request: BaseRequest) -> None:
        """Pass on frames until the end, then hang up on the client, whose handshake is given."""
        ways = [
            asyncio.create_task(self._pass(self._client, self._server, "client")),
            asyncio.create_task(self._pass(self._server, self._client, "server")),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        is_whole = not any(way.done() and way.result().code == BROKEN for way in ways)
        if is_whole:
            _, open_ways = await asyncio.wait(ways, timeout=_CLOSING_S)
            is_whole = not open_ways
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        hang_up(request, abruptly=not is_whole)

    async def _pass(self, source: AnySocket, target: AnySocket, sender: Side) -> Close:
        """Pass on all that one side says, up to its close, which is returned."""
        while True:
            frame = await receive(source)
            if isinstance(frame, Close):
                self._note_close(frame, sender)
            else:
                self._note_frame(frame, sender)
            if not isinstance(frame, Close) or frame.code != BROKEN:
                with suppress(ConnectionError):  # the other direction reports it
                    await send(target, frame)
            if isinstance(frame, Close):
                return frame

    def _note_frame(self, frame: str | bytes, sender: Side) -> None:
        size = len(frame if isinstance(frame, bytes) else frame.encode())
        content = frame_of(frame) if size <= self._kept_bytes else Body(cut=size)
        self._writer.secrets.learn_from(content)
        hidden = hide_body(content, "") or content
        self._writer.add(
            Frame(at_ms=self._writer.now_ms(), socket=self._number, sender=sender, content=hidden)
        )

    def _note_close(self, close: Close, sender: Side) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._writer.add(
            Closed(
                at_ms=self._writer.now_ms(),
                socket=self._number,
                sender=sender,
                code=close.code,
                reason=close.reason,
            )
        )
