"""WebSockets of aiohttp, frame by frame; a close is a frame like any other."""

import asyncio
import struct
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import (
    ClientSession,
    ClientWebSocketResponse,
    TraceConfig,
    TraceRequestEndParams,
    WSMsgType,
)
from aiohttp.web import BaseRequest, StreamResponse, WebSocketResponse

from emulator.extras.recording.format import BROKEN, NO_CODE, SWITCHING

AnySocket: TypeAlias = ClientWebSocketResponse | WebSocketResponse


@dataclass(frozen=True, slots=True)
class Close:
    """One side's close. The code is 1005 without a code, 1006 without a close frame."""

    code: int
    reason: str = ""


async def receive(socket: AnySocket) -> str | bytes | Close:
    """Wait for the next frame."""
    message = await socket.receive()
    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
        data: str | bytes = message.data
        return data
    if message.type is WSMsgType.CLOSE:
        return Close(message.data or NO_CODE, message.extra or "")
    return Close(BROKEN)


async def send(socket: AnySocket, frame: str | bytes | Close) -> None:
    """Send a frame; returns when there is room for more. Raises ConnectionError."""
    if isinstance(frame, Close):
        await socket.send_frame(_close_content(frame), WSMsgType.CLOSE)
    elif isinstance(frame, str):
        await socket.send_str(frame)
    else:
        await socket.send_bytes(frame)


def _close_content(close: Close) -> bytes:
    if close.code == NO_CODE:
        return b""
    return struct.pack("!H", close.code) + close.reason.encode()


async def drop(session: ClientSession, socket: ClientWebSocketResponse) -> None:
    """Disconnect from a server, whatever it still says."""
    await session.close()
    with suppress(Exception):  # nothing can be sent any more: it only lets go of the connection
        await socket.close()


def accepting(protocol: str | None) -> WebSocketResponse:
    """Return a client's socket before its handshake, which passes on every frame and close."""
    return WebSocketResponse(
        protocols=(protocol,) if protocol else (),
        autoclose=False,
        compress=False,
        max_msg_size=0,
    )


def capture_refusal() -> tuple[bytearray, TraceConfig]:
    """Return a buffer, and a trace for a session that puts the body of a refused handshake in it.

    aiohttp drops that body.
    """
    refusal, trace = bytearray(), TraceConfig()

    async def keep(_: object, __: object, params: TraceRequestEndParams) -> None:
        if params.response.status != SWITCHING:
            refusal.extend(await params.response.read())

    trace.on_request_end.append(keep)
    return refusal, trace


async def finish_despite_disconnect(
    handling: Coroutine[None, None, StreamResponse],
) -> StreamResponse:
    """Let the handling end by itself, also if aiohttp cancels it since the client has gone.

    What the client sent before it went is still to be read.
    """
    task = asyncio.create_task(handling)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        return await task


def is_upgrade(request: BaseRequest) -> bool:
    """True if the client asks for a WebSocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


def hang_up(request: BaseRequest, abruptly: bool) -> None:
    """Close the client's connection: after all that was sent, or at once if `abruptly`."""
    if request.transport is not None:
        if abruptly:
            request.transport.abort()
        else:
            request.transport.close()
