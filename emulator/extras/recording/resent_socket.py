"""One recorded WebSocket, opened again: its client frames are sent when their time has come."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

from aiohttp import (
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    TCPConnector,
    WSServerHandshakeError,
)
from yarl import URL

from emulator.extras.recording.differences import ABSENT, Difference, at
from emulator.extras.recording.format import (
    BROKEN,
    NORMAL,
    SWITCHING,
    Body,
    Closed,
    Conversation,
    Frame,
    Opened,
    body_of,
)
from emulator.extras.recording.renaming import Renaming
from emulator.extras.recording.sockets import Close, capture_refusal, drop, receive, send
from emulator.extras.recording.structural_diff import (
    Labelled,
    collapsed,
    differing_order,
    differing_shapes,
)
from emulator.jsontext import Json, JsonTextError, parse

_INTERIM = "user_message (interim)"
_UNCOUNTED = frozenset({"audio_output", _INTERIM})  # their number is not compared
_SOON_S = 0.2  # how long to wait for a frame once another was missing


class ResentSocket:
    """Sends the client's frames of a conversation, and collects the server's frames."""

    def __init__(self, conversation: Conversation, renaming: Renaming, patience_s: float) -> None:
        self._conversation = conversation
        self._renaming = renaming
        self._patience_s = patience_s
        self._expected: list[Labelled] = []  # so far
        self._lines: list[int] = []  # of the recording, one for each expected frame
        self._got: list[Labelled] = []
        self._close: Close | None = None
        self._closed_by_server: Close | None = None
        self._came = asyncio.Event()
        self._session: ClientSession | None = None
        self._socket: ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_closing = False

    @property
    def opened(self) -> Opened:
        """Return the recorded handshake."""
        return self._conversation.opened

    @property
    def chat_id(self) -> str | None:
        """Return the emulator's id of a chat that the client opened; None for one it joined."""
        first = self._got[0][1] if self._got else None
        is_own = not self.opened.path.rstrip("/").endswith("/connect")
        return first.get("chat_id") if is_own and isinstance(first, dict) else None

    async def open(self, target: URL, headers: Mapping[str, str]) -> tuple[int, Body | None]:
        """Open the socket. Returns the handshake's status, and the body of a refusal."""
        refusal, trace = capture_refusal()
        self._session = ClientSession(connector=TCPConnector(limit=0), trace_configs=[trace])
        try:
            self._socket = await self._session.ws_connect(
                target, headers=headers, autoclose=False, max_msg_size=0
            )
        except WSServerHandshakeError as error:
            return error.status, body_of(bytes(refusal))
        except ClientError:
            await self._session.close()
            raise
        self._reading = asyncio.create_task(self._read(self._socket))
        return SWITCHING, None

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        while not isinstance(frame := await receive(socket), Close):
            self._got.append(_labelled(frame))
            self._came.set()
        self._close = frame
        self._came.set()
        if frame.code != BROKEN and not self._is_closing:
            await send(socket, Close(frame.code))

    async def take(self, entry: Frame | Closed) -> None:
        """Expect a recorded frame of the server, or send one of the client."""
        if entry.sender == "server":
            if isinstance(entry, Frame):
                self._expected.append(_labelled(_text_or_bytes(entry.content)))
                self._lines.append(entry.line)
            else:
                await self.settle()
                await self._wait_for(lambda: self._close is not None)
                self._closed_by_server = self._close
                await self._close_as(
                    NORMAL
                )  # the chat is over, even if the emulator would continue
            return
        await self.settle()
        if self._socket is None or self._close is not None:
            return
        if isinstance(entry, Closed):
            await self._close_as(entry.code)
        elif entry.content.cut is None:
            data = _text_or_bytes(entry.content)
            is_text = isinstance(data, str) and not entry.is_sound
            await send(self._socket, self._renaming.apply(str(data)) if is_text else data)

    async def _close_as(self, code: int) -> None:
        """Close with the client's code, and wait until the emulator has closed, too."""
        assert self._socket is not None
        self._is_closing = True
        if self._close is not None:
            return
        if code == BROKEN:
            await self._disconnect()
            return
        await send(self._socket, Close(code))
        await self._wait_for(lambda: self._close is not None)
        await self._disconnect()

    async def settle(self) -> None:
        """Wait for as many frames as had come by now when it was recorded."""
        wanted = sum(label not in _UNCOUNTED for label, _ in self._expected)
        await self._wait_for(lambda: self._count() >= wanted or self._close is not None)
        self._learn()

    def _count(self) -> int:
        return sum(label not in _UNCOUNTED for label, _ in self._got)

    async def _wait_for(self, happened: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                while not happened():
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            self._patience_s = min(self._patience_s, _SOON_S)

    def _learn(self) -> None:
        """Learn which ids the emulator gives instead of the recorded ones."""
        pairs, _ = differing_order(self._expected, self._got)
        for old, new in pairs:
            self._renaming.learn(self._expected[old][1], self._got[new][1])

    async def _disconnect(self) -> None:
        if self._session is not None and self._socket is not None:
            await drop(self._session, self._socket)
        elif self._session is not None:
            await self._session.close()

    async def finish(self) -> list[Difference]:
        """Hang up, and return the differences."""
        if self._socket is not None:
            await self.settle()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self._disconnect()
        return list(self._differences()) if self._socket is not None else []

    def _differences(self) -> Iterator[Difference]:
        subject = self._conversation.opened.name
        lines = zip(self._expected, self._lines, strict=True)
        numbered = [(label, (line, value)) for (label, value), line in lines]
        expected, got = collapsed(numbered, _UNCOUNTED), collapsed(self._got, _UNCOUNTED)
        pairs, others = differing_order(expected, got)
        for old, new in pairs:
            line, value = expected[old][1]
            place = ("frames", old)
            yield from at(line, subject, place, differing_shapes(value, got[new][1]))
        for index, was, came in others:
            line = expected[min(index, len(expected) - 1)][1][0] if expected else 0
            yield Difference(line, subject, f"/frames/{index}", was or ABSENT, came or ABSENT)
        yield from self._differing_close(subject)

    def _differing_close(self, subject: str) -> Iterator[Difference]:
        closed = self._conversation.closed
        if closed is None or closed.sender == "client":
            if self._close is not None and not self._is_closing:
                line = self._conversation.opened.line if closed is None else closed.line
                yield Difference(line, subject, "/close/code", ABSENT, self._close.code)
            return
        got = ABSENT if self._closed_by_server is None else self._closed_by_server.code
        if closed.code != got:
            yield Difference(closed.line, subject, "/close/code", closed.code, got)


def _text_or_bytes(content: Body) -> str | bytes:
    return content.data() if content.is_binary else content.data().decode()


def _labelled(frame: str | bytes) -> Labelled:
    """Return a frame with the type of its message."""
    if isinstance(frame, bytes):
        return "binary", None
    try:
        value: Json = parse(frame.encode())
    except JsonTextError:
        return "text", None
    kind = str(value.get("type")) if isinstance(value, dict) else "text"
    if kind == "user_message" and value.get("interim"):
        return _INTERIM, value
    return kind, value
