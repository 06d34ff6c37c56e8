"""Writes less often: all that a connection sends in one turn of the event loop is one write."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_GATHERED = 65_536  # bytes; more are passed on at once, so that flow control works


class CoalescingTransport:
    """A transport that gathers what is written, and passes it on before the loop waits again.

    uvicorn writes each frame of a chat, and the head and the body of a response, on its own. Each
    would be a call of the operating system, and that costs as much as to make what is sent.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes] = []
        self._size = 0
        # uvicorn calls these for each message, and `__getattr__` is slow
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the transport."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._gathered:
            if len(data) > MOST_GATHERED:
                if not self._transport.is_closing():
                    self._transport.write(data)
                return
            self._loop.call_soon(self._pass_on)
        self._gathered.append(data)
        self._size += len(data)
        if self._size > MOST_GATHERED:
            self._pass_on()

    def writelines(self, list_of_data: Iterable[bytes]) -> None:
        self.write(b"".join(list_of_data))

    def write_eof(self) -> None:
        self._pass_on()
        self._transport.write_eof()

    def close(self) -> None:
        self._pass_on()
        self._transport.close()

    def _pass_on(self) -> None:
        gathered, size, self._gathered, self._size = self._gathered, self._size, [], 0
        if not size or self._transport.is_closing():
            return
        if size > MOST_GATHERED:  # to join so much would take longer than to pass on each
            self._transport.writelines(gathered)
        else:
            self._transport.write(b"".join(gathered))


class CoalescingProtocol(HttpToolsProtocol):
    """uvicorn's protocol for HTTP, and so for the WebSockets that connections are upgraded to."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, CoalescingTransport(transport, self.loop)))
