"""Applies the socket faults of the table to the frames on their way to a client."""

import asyncio
from collections.abc import Callable, Collection, Mapping, MutableMapping
from typing import Any, TypeAlias

from emulator.asgi import Receive, Send
from emulator.faults.http import transport_of
from emulator.faults.rules import FaultRule, Faults
from emulator.faults.table import KINDS
from emulator.jsontext import JsonObject

GARBAGE = "{garbage: ]"
OF_FRAMES = frozenset(KINDS["socket"].faults) - {"refuse"}
ALONE = frozenset(("close", "vanish", "stall", "error", "garbage"))  # faults that need no frame
_TEXT_FRAME, _BINARY_FRAME = 0x81, 0x82
_SHORT, _LONG, _TWO_BYTES = 126, 127, 0xFFFF

BREAKS = frozenset(("close", "vanish", "half_frame"))
Payload: TypeAlias = str | bytes  # of a text frame, or of a binary one
Struck: TypeAlias = Mapping[str, FaultRule]  # the rules that strike, by fault
Fail = Callable[[str, str | None], None]  # sends an error frame, by its slug and its own text


class SocketBroken(Exception):
    """A fault has broken the connection; `close_code` is the code that the client got."""

    def __init__(self, close_code: int | None = None) -> None:
        super().__init__()
        self.close_code = close_code


class SocketFaults:
    """Passes frames on, changed as the world's fault rules say."""

    def __init__(self, faults: Faults, send: Send, receive: Receive, fail: Fail) -> None:
        self._faults = faults
        self._send = send
        self._receive = receive
        self._fail = fail
        self._held: Payload | None = None  # the frame that is sent after the next one
        self.stalls = False

    @property
    def is_needed(self) -> bool:
        return bool(self._faults) or self._held is not None or self.stalls

    def strike(self, faults: Collection[str], facts: JsonObject) -> Struck:
        """Return the rules that strike now."""
        return self._faults.take("socket", faults, facts)

    async def pass_on(self, payload: Payload | None, struck: Struck) -> None:
        """Apply the rules to a frame, or without one, and send it. Raises SocketBroken."""
        if "delay" in struck:
            await asyncio.sleep(struck["delay"].draw("delay_ms") / 1000)
        self.stalls = self.stalls or "stall" in struck
        if self.stalls:
            return
        await self._break(struck, payload)
        if "garbage" in struck:
            payload = GARBAGE
        if payload is not None:
            await self._send_or_hold(payload, struck)
        if "error" in struck:
            rule = struck["error"]
            self._fail(rule.options["error"], rule.options["message"])

    async def let_go(self) -> None:
        """Send the frame that waits for a next one, which will not come."""
        if self._held is not None and not self.stalls:
            held, self._held = self._held, None
            await self._send(message_of(held))

    async def _send_or_hold(self, payload: Payload, struck: Struck) -> None:
        if "reorder" in struck and self._held is None:
            self._held = payload
            return
        held, self._held = self._held, None
        payloads = [payload, payload] if "duplicate" in struck else [payload]
        for each in (*payloads, *([] if held is None else [held])):
            await self._send(message_of(each))

    async def _break(self, struck: Struck, payload: Payload | None) -> None:
        """Break the connection if a rule asks for it. Raises SocketBroken then."""
        if "close" in struck:
            code, reason = struck["close"].options["code"], struck["close"].options["reason"]
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
            raise SocketBroken(code)
        if "half_frame" in struck and payload is not None:
            frame = frame_bytes(payload)
            transport = transport_of(self._receive)
            transport.write(frame[: len(frame) // 2])
            transport.close()
            raise SocketBroken
        if "vanish" in struck:
            transport_of(self._receive).close()
            raise SocketBroken


def message_of(payload: Payload) -> MutableMapping[str, Any]:
    """Return the ASGI message that sends a frame: a text, or bytes for a binary one."""
    name = "text" if isinstance(payload, str) else "bytes"
    return {"type": "websocket.send", name: payload}


def frame_bytes(payload: Payload) -> bytes:
    """Return the bytes of a server's frame (RFC 6455, 5.2)."""
    is_text = isinstance(payload, str)
    content = payload.encode() if isinstance(payload, str) else payload
    first, size = _TEXT_FRAME if is_text else _BINARY_FRAME, len(content)
    if size < _SHORT:
        return bytes([first, size]) + content
    if size <= _TWO_BYTES:
        return bytes([first, _SHORT]) + size.to_bytes(2, "big") + content
    return bytes([first, _LONG]) + size.to_bytes(8, "big") + content


def alone_at(rule: FaultRule) -> Any:
    """Return when a rule strikes without a frame (ms since the session's start), or None."""
    is_meant = rule.kind == "socket" and rule.fault in ALONE
    return rule.match.get("at_ms") if is_meant else None
