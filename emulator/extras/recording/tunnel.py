"""A WebSocket through the recording proxy: frames and closes pass both ways, as they come."""

import asyncio
from contextlib import suppress

from aiohttp import (
    ClientWebSocketResponse,
    WSServerHandshakeError,
)
from aiohttp.web import BaseRequest, Response, StreamResponse, WebSocketResponse

from emulator.extras.recording.capture import Keeping
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
from emulator.extras.recording.proxy import (
    UPSTREAM_ERRORS,
    RecordingProxy,
    passed_on_in_handshake,
    reason,
)
from emulator.extras.recording.redaction import (
    KEPT_OF_ANSWERS,
    KEPT_OF_REQUESTS,
    hide_body,
    kept_headers,
)
from emulator.extras.recording.sockets import (
    AnySocket,
    Close,
    accepting,
    drop,
    hang_up,
    keeping_refusal,
    receive,
    send,
)
from emulator.jsontext import JsonObject

_CLOSING_S = 10  # for the other side to answer a close


async def pass_socket(proxy: RecordingProxy, request: BaseRequest) -> StreamResponse:
    """Open the same socket at the upstream, and pass on what both say; or its refusal."""
    opening = _Opening(proxy, request)
    refusal, trace = keeping_refusal()
    async with proxy.new_session(trace) as session:
        try:
            upstream = await session.ws_connect(
                proxy.target(request),
                headers=passed_on_in_handshake(request.headers),
                protocols=_offered(request),
                autoclose=False,
                max_msg_size=0,
            )
        except WSServerHandshakeError as error:
            return opening.refuse(_refused(error, bytes(refusal)))
        except UPSTREAM_ERRORS as error:
            return opening.refuse(proxy.unreachable(error), reason(error))
        protocol = upstream.protocol
        client = accepting(protocol)
        opening.note(status=SWITCHING, protocol=protocol)
        await client.prepare(request)
        await _Tunnel(proxy, request, client, upstream, opening.number).run()
        await drop(session, upstream)
        return client


def _offered(request: BaseRequest) -> list[str]:
    """The subprotocols that the client would speak."""
    lines = request.headers.getall("Sec-WebSocket-Protocol", [])
    return [name.strip() for line in lines for name in line.split(",") if name.strip()]


def _refused(error: WSServerHandshakeError, body: bytes) -> Response:
    headers = passed_on_in_handshake(error.headers)  # type: ignore[arg-type]
    headers.popall("Content-Length", None)
    return Response(status=error.status, body=body, headers=headers)


class _Opening:
    """A handshake, and the entry that tells of it."""

    def __init__(self, proxy: RecordingProxy, request: BaseRequest) -> None:
        self.number = proxy.writer.new_socket()
        self._writer = proxy.writer
        self._kept_bytes = proxy.kept_bytes
        self._asked = proxy.asked(request)
        self._request = Part(headers=kept_headers(request.headers.items(), KEPT_OF_REQUESTS))

    def refuse(self, answer: Response, broken: str | None = None) -> Response:
        content_type = answer.headers.get("Content-Type", "")
        keeping = Keeping(self._kept_bytes)
        keeping.add(bytes(answer.body or b""))  # type: ignore[arg-type]
        body = hide_body(keeping.body(answer.headers.get("Content-Encoding", "")), content_type)
        headers = kept_headers(answer.headers.items(), KEPT_OF_ANSWERS)
        response = Part(headers=headers, body=body)
        self.note(status=answer.status, response=response, broken=broken)
        return answer

    def note(self, **more: object) -> None:
        fields: JsonObject = {**self._asked, **more, "request": self._request}
        fields["duration_ms"] = self._writer.since_ms(self._asked["at_ms"])
        self._writer.add(Opened(socket=self.number, **fields))


class _Tunnel:
    """Both directions of one socket, until both sides have closed or one has broken."""

    def __init__(
        self,
        proxy: RecordingProxy,
        request: BaseRequest,
        client: WebSocketResponse,
        upstream: ClientWebSocketResponse,
        number: int,
    ) -> None:
        self._writer = proxy.writer
        self._kept_bytes = proxy.kept_bytes
        self._request = request
        self._client = client
        self._upstream = upstream
        self._number = number
        self._is_closed = False

    async def run(self) -> None:
        ways = [
            asyncio.create_task(self._pass(self._client, self._upstream, "client")),
            asyncio.create_task(self._pass(self._upstream, self._client, "server")),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        is_whole = not any(way.done() and way.result().code == BROKEN for way in ways)
        if is_whole:
            _, open_ways = await asyncio.wait(ways, timeout=_CLOSING_S)
            is_whole = not open_ways
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        hang_up(self._request, abruptly=not is_whole)

    async def _pass(self, source: AnySocket, target: AnySocket, sender: Side) -> Close:
        """All that one side says, up to its close."""
        while True:
            frame = await receive(source)
            if isinstance(frame, Close):
                self._note_close(frame, sender)
            else:
                self._note_frame(frame, sender)
            if not isinstance(frame, Close) or frame.code != BROKEN:
                with suppress(ConnectionError):  # the other direction tells of it
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
