"""Long answers that are made and sent piece by piece, so that others are served meanwhile."""

import asyncio
import time
from collections.abc import Iterable
from typing import TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

PIECE = 1_048_576  # bytes
TURN_S = 0.01  # of real time; every other client of the server waits for so long


async def in_turns(items: Iterable[T]) -> list[T]:
    """Return items as a list; while they are made, the event loop serves others every 10 ms.

    What the items are made of may change meanwhile.
    """
    made, until = list[T](), time.perf_counter() + TURN_S
    for item in items:
        made.append(item)
        if time.perf_counter() > until:
            await asyncio.sleep(0)
            until = time.perf_counter() + TURN_S
    return made


class PiecewiseResponse(Response):
    """A response whose body is sent in pieces, each once the client has taken most of the last.

    To write 100 MB at once would take 0.15 s.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head, and then the pieces."""
        body = bytes(self.body)
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        for begin in range(0, len(body) or 1, PIECE):
            piece, more = body[begin : begin + PIECE], begin + PIECE < len(body)
            await send({"type": "http.response.body", "body": piece, "more_body": more})
