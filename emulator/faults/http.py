"""Applies the HTTP faults of the table to a connection and to an answer (docs/faults.md).

Delays here imitate the network, so they pass in real time, whatever the world's clock shows.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from emulator.faults.rules import FaultRule

GARBAGE = b'\xff\xfe{"garbage": '
_RESET_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close() sends RST
_DROPS_PER_S = 10
_LOOKS_EVERY_S = 0.1

Pieces: TypeAlias = AsyncIterator[bytes]  # of an answer's body
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]  # as ASGI has it


class ConnectionBroken(Exception):
    """The connection of a request is gone, so nothing can be answered."""


def transport_of(receive: Receive) -> Any:
    """Return the connection under a request or a WebSocket of uvicorn."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("only a connection of a real server can be broken")
    return transport


async def wait(receive: Receive, seconds: float) -> None:
    """Wait. Raises ConnectionBroken if the client leaves before."""
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 0:
        await asyncio.sleep(min(_LOOKS_EVERY_S, left))
        if getattr(getattr(receive, "__self__", None), "disconnected", False):
            raise ConnectionBroken


async def reset(receive: Receive) -> None:
    """Break the connection, so that the other side gets ECONNRESET."""
    transport = transport_of(receive)
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    transport.abort()
    await _gone(receive)


async def hang_up(receive: Receive) -> None:
    """Close the connection, after all that was sent."""
    transport_of(receive).close()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Wait until uvicorn has noticed that the connection is gone, and expects no answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


# How faults end the connection, after the part of the answer's body that they let through.
ENDINGS: Mapping[str, Callable[[Receive], Awaitable[None]]] = {"lost": reset, "truncated": hang_up}


def struck_pieces(rule: FaultRule, pieces: Pieces, length: int | None) -> Pieces:
    """Return the part of a body that a rule lets through; `length` (bytes) is None if unknown."""
    match rule.fault:
        case "lost":
            return _unsent(pieces)
        case "truncated":
            return _first_pieces(pieces) if length is None else _first_bytes(pieces, length // 2)
        case "slow":
            return _drops(pieces, rule.options["bytes_per_s"])
    return pieces


async def _unsent(pieces: Pieces) -> Pieces:
    """Exhaust the body, and yield none of it."""
    async for _ in pieces:
        pass
    nothing: tuple[bytes, ...] = ()
    for piece in nothing:
        yield piece


async def _first_bytes(pieces: Pieces, size: int) -> Pieces:
    """Yield the first `size` bytes; an empty piece if the body is empty."""
    async for piece in pieces:
        yield piece[:size]
        size -= len(piece)
        if size <= 0:
            return
    yield b""


async def _first_pieces(pieces: Pieces) -> Pieces:
    """Yield the first piece and half of the second, or half of the only one."""
    first = await anext(pieces, b"")
    second = await anext(pieces, None)
    if second is None:
        yield first[: len(first) // 2]
    else:
        yield first
        yield second[: len(second) // 2]


async def ended_by_error(
    pieces: Pieces, after: int, error_line: Callable[[bytes], bytes]
) -> Pieces:
    """Yield the first lines of a stream, then the error instead of the next line."""
    line = b""
    async for piece in pieces:
        for line in piece.splitlines(keepends=True):
            if after == 0:
                yield error_line(line)
                return
            after -= 1
            yield line
    yield error_line(line)


async def _drops(pieces: Pieces, bytes_per_s: int) -> Pieces:
    """Yield the whole body, at `bytes_per_s` at most."""
    size = max(1, bytes_per_s // _DROPS_PER_S)
    async for piece in pieces:
        for begin in range(0, len(piece), size):
            yield piece[begin : begin + size]
            await asyncio.sleep(size / bytes_per_s)
