"""Answers of handlers that aren't plain JSON."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field


class BodyCut(Exception):
    """A streamed body has no end, and its client must see that: the connection is closed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Bytes or a stream with a media type, or JSON text with a status or headers of its own.

    The first piece of a streamed body is awaited before the head is sent, so an ApiError that is
    raised until then is answered like any other. The body is closed when its client leaves. It may
    raise BodyCut.
    """

    body: bytes | AsyncIterator[bytes]
    media_type: str | None = None  # None: the first that the document declares
    status: int | None = None  # None: the operation's success status
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None  # in bytes, of a streamed body, if it is known before its end


async def iterate_in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield pieces that take time to make, each made in a thread, so that others are answered."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
