"""Answers in pieces: streamed bodies, and answers that a fault breaks."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import partial

from starlette.types import Receive, Send

from emulator.error_shapes import ErrorShapes
from emulator.faults.http import (
    ENDINGS,
    GARBAGE,
    Pieces,
    ended_by_error,
    hang_up,
    struck_pieces,
)
from emulator.faults.rules import FaultRule
from emulator.journal.journal import LONGEST_BODY
from emulator.openapi.operation import JSON_MEDIA_TYPE
from emulator.redaction.text import hide_in_body
from emulator.reply import BodyCut
from emulator.web.answers import Answer, part, respond, start
from emulator.web.exchange import Exchange
from emulator.web.leaving import ClientLeft, WhileHere
from emulator.web.whole_answers import send_whole

# How a streamed answer ended, as the journal has it.
COMPLETE, CLIENT_LEFT, BROKEN, FAILED = "complete", "client_left", "broken", "failed"


async def deliver(answer: Answer, exchange: Exchange, receive: Receive, send: Send) -> None:
    """Send an answer, changed as the world's faults say, and note it in the journal.

    Raises what a streamed body raises before its first piece.
    """
    rule = exchange.breaks
    if rule is not None and rule.fault == "garbage":
        answer, rule = await _garbled(answer, receive), None
    if rule is not None and rule.fault == "error_line":
        answer, rule = _ended_by_error(answer, exchange.errors, rule), None
    if not isinstance(answer.body, bytes):
        await _stream(answer, exchange, rule, receive, send)
        return
    exchange.note(answer.status, answer.body)
    exchange.has_begun = True
    if exchange.hides and answer.media_type == JSON_MEDIA_TYPE:
        answer = answer._replace(body=hide_in_body(answer.body.decode()).encode())
    if rule is None:
        if not send_whole(send, answer):
            await respond(send, answer)
    else:
        with suppress(ClientLeft):
            await _send_pieces(_Sent(answer, send), rule, receive)


async def _garbled(answer: Answer, receive: Receive) -> Answer:
    """Return the answer with garbage for a body, after exhausting its own."""
    if not isinstance(answer.body, bytes):
        async with WhileHere(receive):
            async for _ in answer.body:
                pass
    return answer._replace(body=GARBAGE)


def _ended_by_error(answer: Answer, errors: ErrorShapes, rule: FaultRule) -> Answer:
    """Return a streamed answer that ends with an error's line; others stay as they are."""
    if isinstance(answer.body, bytes) or errors.line is None:
        return answer
    line = partial(errors.line, errors.find(rule.options["error"]))
    body = ended_by_error(answer.body, rule.options["after"], line)
    return answer._replace(body=_closing(body, answer.body), length=None)


async def _closing(pieces: Pieces, body: Pieces) -> Pieces:
    """Yield the pieces, and let the body that they are made from clean up at the end."""
    try:
        async for piece in pieces:
            yield piece
    finally:
        await _close(pieces)
        await _close(body)


async def _stream(
    answer: Answer, exchange: Exchange, rule: FaultRule | None, receive: Receive, send: Send
) -> None:
    """Send a streamed answer, and note it in the journal once it has ended."""
    sent = _Sent(answer, send)
    try:
        if exchange.method == "HEAD":
            await sent.end()
            ended = COMPLETE
        else:
            ended = await _send_pieces(sent, rule, receive)
    except ClientLeft:
        ended = CLIENT_LEFT
    except BodyCut:
        await hang_up(receive)
        ended = BROKEN
    except Exception as error:
        if not sent.has_begun:
            raise
        exchange.report(error)
        ended = FAILED  # the server hangs up, as the answer has no end
    finally:
        await _close(answer.body)
    exchange.has_begun = True
    more = {"response_bytes": sent.size, "ended": ended}
    exchange.note(answer.status, sent.beginning, more)


async def _send_pieces(sent: "_Sent", rule: FaultRule | None, receive: Receive) -> str:
    """Send a body; return COMPLETE, or BROKEN if the rule ends it."""
    pieces = sent.pieces()
    if rule is not None:
        pieces = struck_pieces(rule, pieces, sent.length)
    async with WhileHere(receive):
        async for piece in pieces:
            await sent.send(piece)
    if rule is not None and rule.fault in ENDINGS:
        await ENDINGS[rule.fault](receive)
        return BROKEN
    await sent.end()
    return COMPLETE


async def _close(body: object) -> None:
    """Let an unfinished body clean up; only generators can."""
    if isinstance(body, AsyncGenerator):
        await body.aclose()


class _Sent:
    """An answer that is being sent, and how much of its body was sent."""

    def __init__(self, answer: Answer, send: Send) -> None:
        self._answer = answer
        self._send = send
        self.has_begun = False
        self.size = 0
        self.beginning = b""  # as much as the journal keeps

    @property
    def length(self) -> int | None:
        """Return the length of the body (bytes), if it is known."""
        whole = self._whole
        return self._answer.length if whole is None else len(whole)

    def pieces(self) -> Pieces:
        """Return the body in pieces."""
        body, whole = self._answer.body, self._whole
        if whole is not None:
            return _one_piece(whole)
        assert not isinstance(body, bytes)
        return body

    @property
    def _whole(self) -> bytes | None:
        """Return the body, unless it comes in pieces."""
        if not self._answer.has_body:
            return b""
        return self._answer.body if isinstance(self._answer.body, bytes) else None

    async def send(self, piece: bytes) -> None:
        """Send one piece, and the head before the first."""
        await self._begin()
        self.size += len(piece)
        if len(self.beginning) < LONGEST_BODY:
            self.beginning += piece[: LONGEST_BODY - len(self.beginning)]
        await self._send(part(piece, more=True))

    async def end(self) -> None:
        """Send the end of the body."""
        await self._begin()
        await self._send(part(b""))

    async def _begin(self) -> None:
        if not self.has_begun:
            self.has_begun = True
            await self._send(start(self._answer))


async def _one_piece(body: bytes) -> Pieces:
    yield body
