"""Breaking connections and answers on request (docs/faults.md).

The delays here are the network's, not the world's: they pass in real time, whatever its clock says.
"""

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Send

from emulator.faults.rules import FaultRule
from emulator.web.response import body_for, part, start

GARBAGE = b'\xff\xfe{"garbage": '
_RESET_AT_ONCE = struct.pack("ii", 1, 0)  # linger for no time: close() sends RST
_DROPS_PER_S = 10
_LOOKS_EVERY_S = 0.1


class ConnectionBroken(Exception):
    """There is nobody to answer any more."""


def transport_of(receive: Receive) -> Any:
    """The connection under a request or a WebSocket of uvicorn."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("only a connection of a real server can be broken")
    return transport


async def wait(receive: Receive, seconds: float) -> None:
    """Let time pass. Raises ConnectionBroken if the client does not wait for so long."""
    end = asyncio.get_running_loop().time() + seconds
    while (left := end - asyncio.get_running_loop().time()) > 0:
        await asyncio.sleep(min(_LOOKS_EVERY_S, left))
        if getattr(getattr(receive, "__self__", None), "disconnected", False):
            raise ConnectionBroken


async def reset(receive: Receive) -> None:
    """Nothing more comes, and the other side gets ECONNRESET."""
    transport = transport_of(receive)
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    transport.abort()
    await _gone(receive)


async def break_answer(
    rule: FaultRule,
    receive: Receive,
    send: Send,
    status: int,
    body: bytes,
    extra: Mapping[str, str],
) -> None:
    """What the rule leaves of an answer."""
    head, body = start(status, body, extra), body_for(status, body)
    match rule.fault:
        case "lost":
            await reset(receive)
        case "truncated":
            await send(head)
            await send(part(body[: len(body) // 2], more=True))
            transport_of(receive).close()
            await _gone(receive)
        case "slow":
            await send(head)
            await _drip(receive, send, body, rule.options["bytes_per_s"])


async def _gone(receive: Receive) -> None:
    """Once the server has noticed, it asks for no answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drip(receive: Receive, send: Send, body: bytes, bytes_per_s: int) -> None:
    size = max(1, bytes_per_s // _DROPS_PER_S)
    for begin in range(0, len(body), size):
        await send(part(body[begin : begin + size], more=True))
        await wait(receive, size / bytes_per_s)
    await send(part(b""))
