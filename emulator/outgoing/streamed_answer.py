"""One connection to a server whose answers are streams: each piece is passed on as it comes.

Between the socket and who takes an answer there is neither a task nor a buffer, since a language
model sends a piece for each word, in many chats at once.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import httptools

_MOST_BETWEEN = 65_536  # bytes of heads, and of what else comes between pieces of a body
_INFLATED_AT_ONCE = 65_536  # bytes
_UNKNOWN_TYPE = "application/octet-stream"
_COMPRESSIONS = (b"gzip", b"x-gzip", b"deflate")
_GZIP_OR_ZLIB = 47  # lets zlib see for itself which one it is


class BrokenOff(OSError):
    """The server closed the connection before its answer was complete."""


class AnswerUnreadable(OSError):
    """The server sent something that is not an HTTP response."""


class AnswerTooLong(OSError):
    """The answer has more bytes than its asker takes."""

    def __init__(self) -> None:
        super().__init__("the answer has more bytes than any needs")


@dataclass(frozen=True, slots=True)
class Head:
    """How an answer begins; `content_type` is the media type alone, in lower case."""

    status: int
    content_type: str


class Receiver(Protocol):
    """Takes an answer. What it raises ends the answer, and is raised to who asked."""

    def begin(self, head: Head) -> None:
        """Take the head."""

    def take(self, piece: bytes) -> bool:
        """Take a piece of the body; return True if no more is wanted."""


class Connection(asyncio.Protocol):
    """Asks one question at a time. Between two of them it rests among the `idle` ones."""

    def __init__(self, idle: "set[Connection]") -> None:
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._parser: Any = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._done: asyncio.Future[None] | None = None  # of the question that is asked
        self._receiver: Receiver | None = None
        self._is_answering = False  # until the whole answer has come, though nobody takes it
        self._timeout_s = self._heard_s = 0.0
        self._left = self._between = 0  # bytes: of the body that may come; since a piece of it
        self.on_message_begin()

    @property
    def is_open(self) -> bool:
        """True if the connection can be written to."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(
        self, request: bytes, receiver: Receiver, timeout_s: float, most_bytes: int
    ) -> None:
        """Send a request, and return once the receiver has taken all that it wants.

        `timeout_s` is how long the server may be silent, `most_bytes` how long an answer may be.
        Raises BrokenOff, AnswerUnreadable, AnswerTooLong, TimeoutError, and what the receiver
        raises.
        """
        if self._transport is None or not self.is_open:
            raise BrokenOff("the server closed the connection at once")
        self._receiver, self._is_answering = receiver, True
        self._left, self._between = most_bytes, 0
        self._timeout_s, self._heard_s = timeout_s, self._loop.time()
        self._set_timer(timeout_s, self._check_time)
        self._done = self._loop.create_future()
        try:
            self._transport.write(request)
            await self._done
        finally:
            self._receiver = self._done = None
            self._set_timer(0, None)

    def rest(self, longest_s: float) -> None:
        """Wait for the next question; close the connection if none comes in that time.

        Until the rest of an answer has come, of which nobody wanted more, it can't be asked.
        """
        if self.is_open:
            self._set_timer(longest_s, self.close)
            if not self._is_answering:
                self._idle.add(self)

    def close(self) -> None:
        """Close the connection; nobody takes what is still on its way."""
        self._idle.discard(self)
        if self._transport is not None:
            self._transport.close()

    def _set_timer(self, after_s: float, ring: Callable[[], None] | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if ring is None else self._loop.call_later(after_s, ring)

    def _check_time(self) -> None:
        """Fail if nothing came for too long; no piece sets the timer, since that takes long."""
        left_s = self._heard_s + self._timeout_s - self._loop.time()
        if left_s > 0:
            self._set_timer(left_s, self._check_time)
        else:
            self._end(TimeoutError(f"nothing came for {self._timeout_s:g} s"))

    def _end(self, error: BaseException | None = None) -> None:
        """Let `ask` return, or raise."""
        self._receiver = None
        if self._done is None or self._done.done():
            return
        if error is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(error)

    # what the loop tells

    def connection_made(self, transport: Any) -> None:
        """Take the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read what came; what nobody asked for ends the connection."""
        if not self._is_answering:
            self.close()
            return
        self._heard_s = self._loop.time()
        self._between += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            self._end(error.__context__ or error)
            self.close()
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._end(AnswerUnreadable(f"expected an answer of HTTP/1.1, got another: {error}"))
            self.close()
        if self._between > _MOST_BETWEEN:
            self._end(AnswerTooLong())
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """End the answer: it is complete if it had no other end."""
        self._idle.discard(self)
        is_complete = self._head is not None and not self._has_length and error is None
        problem = "the server closed the connection before its answer was complete"
        self._end(None if is_complete else BrokenOff(problem))
        self._transport = self._parser = None  # a parser holds its connection
        self._is_answering = False
        self._set_timer(0, None)

    # what the parser tells; errors come back from `feed_data`

    def on_message_begin(self) -> None:
        """Begin an answer."""
        self._head: Head | None = None
        self._content_type = _UNKNOWN_TYPE
        self._has_length = False
        self._inflater: Any = None

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one of the headers that count."""
        name = name.lower()
        if name == b"content-type":
            media_type = value.partition(b";")[0].strip().lower()
            self._content_type = media_type.decode("latin-1") or _UNKNOWN_TYPE
        elif name in (b"content-length", b"transfer-encoding"):
            self._has_length = True
        elif name == b"content-encoding" and value.strip().lower() in _COMPRESSIONS:
            self._inflater = zlib.decompressobj(_GZIP_OR_ZLIB)

    def on_headers_complete(self) -> None:
        """Pass the head on, unless it only says that another one follows."""
        status = self._parser.get_status_code()
        if status >= 200:
            self._head = Head(status, self._content_type)
            if self._receiver is not None:
                self._receiver.begin(self._head)

    def on_body(self, piece: bytes) -> None:
        """Pass a piece on, as long as somebody wants it."""
        self._between = 0
        if self._inflater is None:
            self._pass_on(piece)
            return
        for part in self._inflated(piece):
            self._pass_on(part)

    def _pass_on(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise AnswerTooLong
        if self._receiver is not None and self._receiver.take(piece):
            self._end()

    def _inflated(self, piece: bytes) -> Iterator[bytes]:
        while piece and self._receiver is not None:
            try:
                part = self._inflater.decompress(piece, _INFLATED_AT_ONCE)
            except zlib.error as error:
                raise AnswerUnreadable(f"its compressed answer is broken: {error}") from None
            piece = self._inflater.unconsumed_tail
            yield part

    def on_message_complete(self) -> None:
        """End the answer; after a rest of it that nobody took, the connection can be used."""
        if self._head is None:
            return
        is_asking, self._is_answering = self._done is not None, False
        self._end()
        if not self._parser.should_keep_alive():
            self.close()
        elif not is_asking:
            self._idle.add(self)
