"""Plays a recording to a client, instead of the server that it was made with."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from aiohttp.web import BaseRequest, Response, StreamResponse, WebSocketResponse

from emulator.errors import NOT_RECORDED, api_error, closest
from emulator.extras.recording.capture import DEFAULT_KEPT_BYTES, Capture
from emulator.extras.recording.differences import Difference
from emulator.extras.recording.expectations import Expectations
from emulator.extras.recording.format import (
    BROKEN,
    SWITCHING,
    Closed,
    Conversation,
    Exchange,
    Frame,
    Opened,
    Part,
    Recording,
    frame_of,
)
from emulator.extras.recording.playback import Due, Playback, is_break
from emulator.extras.recording.redaction import (
    FORM,
    KEPT_REQUEST_HEADERS,
    Secrets,
    hide_body,
    kept_headers,
)
from emulator.extras.recording.requests import describe_request
from emulator.extras.recording.serving import Handler
from emulator.extras.recording.sockets import (
    Close,
    accepting,
    finish_despite_disconnect,
    hang_up,
    is_upgrade,
    receive,
    send,
)
from emulator.jsontext import render

_QUIET_S = 1.0  # without more of the recorded sound; then the client has no more


class Player:
    """Answers as recorded, and compares what clients send.

    `pace` multiplies the recorded times: 0 answers at once, 1 as slowly as the server did.
    """

    def __init__(self, recording: Recording, pace: float = 0) -> None:
        self._expectations = Expectations(recording)
        self._pace = pace
        self._secrets = Secrets()
        self._plays: list[Playback] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Handler]:
        """Yield the handler of what clients send."""
        yield self._handle

    def differences(self) -> list[Difference]:
        """Return all differences in the recording's order. The client must have finished."""
        for play in self._plays:
            play.stop()
        found = [
            *self._expectations.differences,
            *(difference for play in self._plays for difference in play.differences),
            *self._expectations.never_asked(),
        ]
        return sorted(found, key=lambda difference: difference.line)

    async def _handle(self, request: BaseRequest) -> StreamResponse:
        if not is_upgrade(request):
            return await self._answer(request)
        return await finish_despite_disconnect(self._open(request))

    async def _answer(self, request: BaseRequest) -> StreamResponse:
        asked = await self._asked(request)
        recorded = self._expectations.exchange(asked)
        if recorded is None:
            return self._not_recorded(asked)
        await self._wait(recorded.duration_ms)
        return _response(recorded)

    async def _open(self, request: BaseRequest) -> StreamResponse:
        asked = Opened(
            **describe_request(request, self._secrets), at_ms=0, socket=0, status=SWITCHING
        )
        conversation = self._expectations.socket(asked)
        if conversation is None:
            return self._not_recorded(asked)
        await self._wait(conversation.opened.duration_ms)
        if conversation.opened.status != SWITCHING:
            return _response(conversation.opened)
        play = Playback(conversation)
        self._plays.append(play)
        return await self._play(request, conversation, play)

    async def _play(
        self, request: BaseRequest, conversation: Conversation, play: Playback
    ) -> StreamResponse:
        socket = accepting(conversation.opened.protocol)
        await socket.prepare(request)
        steps: asyncio.Queue[Due] = asyncio.Queue()
        speaking = asyncio.create_task(self._speak(socket, request, steps))
        for due in play.due():
            steps.put_nowait(due)
        code = await self._listen(socket, play, steps)
        play.close(code)
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        if code != BROKEN:
            await _send_if_open(socket, Close(code))
        hang_up(request, abruptly=False)
        return socket

    async def _listen(
        self, socket: WebSocketResponse, play: Playback, steps: "asyncio.Queue[Due]"
    ) -> int:
        """Compare what the client sends until it closes. Returns its code."""
        coming = asyncio.create_task(receive(socket))
        while True:
            limit = _QUIET_S if play.waits_for_sound else None
            done, _ = await asyncio.wait([coming], timeout=limit)
            if not done:
                _put(steps, play.end_sound())
                continue
            frame = coming.result()
            if isinstance(frame, Close):
                return frame.code
            _put(steps, play.receive(self._frame(frame)))
            coming = asyncio.create_task(receive(socket))

    async def _speak(
        self, socket: WebSocketResponse, request: BaseRequest, steps: "asyncio.Queue[Due]"
    ) -> None:
        """Send what the server says, at the pace."""
        while True:
            due = await steps.get()
            await self._wait(due.after_ms)
            if is_break(due.step):
                hang_up(request, abruptly=True)
            elif isinstance(due.step, Closed):
                await _send_if_open(socket, Close(due.step.code, due.step.reason))
            elif due.step.content.is_binary:
                await _send_if_open(socket, due.step.content.data())
            else:
                await _send_if_open(socket, due.step.content.data().decode())

    async def _wait(self, ms: float) -> None:
        if self._pace:
            await asyncio.sleep(ms / 1000 * self._pace)

    # a client's requests and frames, as they would be recorded

    async def _asked(self, request: BaseRequest) -> Exchange:
        asked = describe_request(request, self._secrets)
        headers = kept_headers(request.headers.items(), KEPT_REQUEST_HEADERS)
        content_type = headers.get("content-type", "")
        data = await request.read()
        capture = Capture(max(len(data), DEFAULT_KEPT_BYTES))
        capture.add(data)
        body = capture.body(request.headers.get("Content-Encoding", ""))
        if body is not None and body.text is not None and content_type.startswith(FORM):
            _, credential = self._secrets.caller_of_form(body.text)
            asked["credential"] = asked["credential"] or credential
        self._secrets.learn_from(body)
        part = Part(headers=headers, body=hide_body(body, content_type))
        exchange = Exchange(**asked, at_ms=0, method=request.method, request=part, status=200)
        return self._secrets.hidden(exchange)

    def _frame(self, data: str | bytes) -> Frame:
        content = frame_of(data)
        self._secrets.learn_from(content)
        hidden = hide_body(content, "") or content
        frame = Frame(at_ms=0, socket=0, sender="client", content=hidden)
        return frame if frame.is_sound else self._secrets.hidden(frame)

    def _not_recorded(self, asked: Exchange | Opened) -> Response:
        names = self._expectations.names
        more = "more " if asked.name in names else ""
        hint = "" if more else closest(asked.name, names)
        answer = api_error(NOT_RECORDED, more=more, name=asked.name, hint=hint)
        return Response(
            status=answer.status, body=render(answer.body), content_type="application/json"
        )


def _put(steps: "asyncio.Queue[Due]", dues: Iterable[Due]) -> None:
    for due in dues:
        steps.put_nowait(due)


async def _send_if_open(socket: WebSocketResponse, frame: str | bytes | Close) -> None:
    with suppress(ConnectionError):  # the client has gone, which _listen notices
        await send(socket, frame)


def _response(recorded: Exchange | Opened) -> Response:
    body = recorded.response.body
    return Response(
        status=recorded.status,
        body=b"" if body is None else body.data(),
        headers=recorded.response.headers,
    )
