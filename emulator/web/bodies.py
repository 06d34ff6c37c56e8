"""Request bodies, read by their media type."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from emulator.errors import BODY_TOO_LARGE, Problem, api_error

_PATIENCE_S = 1  # with the body of a request that leads nowhere


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the whole request body. Raises ApiError (413) past `limit` bytes, ClientDisconnect."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise api_error(BODY_TOO_LARGE, limit=limit)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def read_beginning(receive: Receive, limit: int) -> bytes:
    """Return the first `limit` bytes of a request body, or what of them comes in time.

    It is for the journal alone, so a client that sends no more is answered all the same.
    """
    text, more = b"", True
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            while more and len(text) < limit:
                message = await receive()  # its end, if the client is gone
                text += message.get("body", b"")
                more = message.get("more_body", False)
    return text[:limit]


def wrong_content_type(headers: Mapping[bytes, bytes]) -> Problem | None:
    """Return the problem of a body that isn't JSON by its header; without one it counts as JSON."""
    given = headers.get(b"content-type", b"")
    media_type = given.partition(b";")[0].strip().lower()
    if not media_type or media_type == b"application/json":
        return None
    if media_type.startswith(b"application/") and media_type.endswith(b"+json"):
        return None
    message = (
        "Input should be a valid dictionary or object to extract fields from; "
        f"the Content-Type is {given.decode('latin-1')!r}, expected 'application/json'"
    )
    return Problem(("body",), message, "model_attributes_type")
