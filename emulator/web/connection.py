"""Limits that uvicorn lacks: the length of a request's head, and the time a request may take."""

import asyncio
import logging
from typing import Any

from emulator.errors import (
    HANDSHAKE_WITH_BODY,
    HEAD_TOO_LARGE,
    REQUEST_TOO_SLOW,
    URL_TOO_LONG,
    ApiError,
    ErrorText,
    api_error,
)
from emulator.jsontext import render
from emulator.settings import Settings
from emulator.web.write_coalescing import CoalescingProtocol

logger = logging.getLogger("emulator")

_LINGER_S = 2  # after a refusal: closing with unread bytes would discard the answer
_LONGEST_URL = 65_535  # bytes, except for WebSockets: httptools can't split a longer one


def http_protocol(settings: Settings) -> type[asyncio.Protocol]:
    """Return the protocol of a server's connections, with the limits of its settings."""

    class Protocol(LimitedProtocol):
        max_head_bytes = settings.max_head_bytes
        request_timeout_s = settings.request_timeout

    return Protocol


class LimitedProtocol(CoalescingProtocol):
    """Refuses a request whose head is too long (414, 431), or that takes too long (408)."""

    max_head_bytes: int
    request_timeout_s: int

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._is_arriving = False  # True while a request has come in part
        self._in_head = False
        self._is_refused = False
        self._arrived = 0  # bytes since the first of a head, about
        self._arriving = 0  # bytes that are being read
        self._timer: asyncio.TimerHandle | None = None
        self._start_timer()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._arriving = len(data)
        super().data_received(data)
        if not self._is_arriving:
            self._stop_timer()
            return
        if self._timer is None:
            self._start_timer()
        self._arrived += len(data)
        if self._in_head and self._arrived > self.max_head_bytes:
            self._refuse_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)
        self._let_go()

    def handle_websocket_upgrade(self) -> None:
        if self._is_refused:
            return
        if any(_announces_body(name, value) for name, value in self.headers):
            self._refuse(HANDSHAKE_WITH_BODY)
        else:
            super().handle_websocket_upgrade()
            self._let_go()

    def _let_go(self) -> None:
        """Forget what refers to this connection in turn, since it is over or a WebSocket's now.

        Only a full garbage collection would free them, with the last request's body.
        """
        self._unset_keepalive_if_required()
        self.pipeline.clear()
        self.parser = self.cycle = None  # type: ignore[assignment]

    # what the parser calls

    def on_message_begin(self) -> None:
        self._is_arriving = self._in_head = True
        self._arrived = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._arrived + self._arriving > self.max_head_bytes and self._is_head_long():
            self._refuse_head()
        elif len(self.url) > _LONGEST_URL and not self.parser.should_upgrade():
            self._refuse(URL_TOO_LONG, limit=_LONGEST_URL)
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_arriving = False
        self._stop_timer()
        if not self._is_refused:
            super().on_message_complete()

    # the time

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self.request_timeout_s, self._time_is_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_is_up(self) -> None:
        self._timer = None
        if not self._is_arriving:
            self.transport.close()  # nothing was ever asked
        elif self._is_our_turn():
            self._start_timer()
        elif self._is_answered():
            self.transport.close()  # though its body still comes
        else:
            self._refuse(REQUEST_TOO_SLOW, seconds=self.request_timeout_s)

    def _is_our_turn(self) -> bool:
        """True if the client waits for the emulator, not the emulator for the client."""
        answering = self.cycle is not None and not self.cycle.response_complete
        return self.flow.read_paused or (self._in_head and answering)

    def _is_answered(self) -> bool:
        return not self._in_head and self.cycle is not None and self.cycle.response_started

    # refusals

    def _is_head_long(self) -> bool:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        return size > self.max_head_bytes

    def _refuse_head(self) -> None:
        if len(self.url) > self.max_head_bytes // 2:
            self._refuse(URL_TOO_LONG, limit=self.max_head_bytes // 2)
        else:
            self._refuse(HEAD_TOO_LARGE, limit=self.max_head_bytes)

    def _refuse(self, text: ErrorText, **values: int) -> None:
        self._is_refused = True
        self._stop_timer()
        error = api_error(text, None, **values)
        where = "a client" if self.client is None else "{}:{}".format(*self.client)
        logger.warning("%s was answered %s: %s", where, error.status, error.body["message"])
        self.transport.write(_answer(error))
        self.loop.call_later(_LINGER_S, self.transport.close)


def _announces_body(name: bytes, value: bytes) -> bool:
    return name == b"transfer-encoding" or (name == b"content-length" and value.strip() != b"0")


def _answer(error: ApiError) -> bytes:
    """Return the bytes of an error answer after which the connection ends."""
    body = render(error.body)
    head = (
        f"HTTP/1.1 {error.status} {error.body['error']}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


def socket_protocol(**connection: Any) -> asyncio.Protocol:
    """Return the protocol of a WebSocket, for the arguments with which uvicorn makes one."""
    from emulator.web.socket_protocol import SocketProtocol  # with `websockets`, at the first one

    return SocketProtocol(**connection)
