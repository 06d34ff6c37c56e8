"""Request bodies, read by their media type."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import MappingProxyType

from starlette.types import Receive

from emulator.errors import BODY_TOO_LARGE, Problem, ValidationFailed, api_error
from emulator.jsontext import Json, JsonTextError, parse
from emulator.openapi.operation import JSON_MEDIA_TYPE, MULTIPART_MEDIA_TYPE, RequestBody
from emulator.openapi.validation import Validation
from emulator.web.form_names import Pairs
from emulator.web.forms import read_form, read_pairs, shown_form
from emulator.web.leaving import ClientLeft

_NONE: Mapping[bytes, bytes] = MappingProxyType({})
_MOST_DIGITS = 20  # of a length that is worth reading
_PATIENCE_S = 1  # how long to wait for the body of a request that matches no route


async def read_body(receive: Receive, limit: int, headers: Mapping[bytes, bytes] = _NONE) -> bytes:
    """Return the whole request body. Raises ApiError (413) past `limit` bytes, ClientLeft.

    Of a body whose length the headers tell, nothing is read if it is too long.
    """
    length = headers.get(b"content-length", b"")
    if length.isdigit() and (len(length) > _MOST_DIGITS or int(length) > limit):
        raise api_error(BODY_TOO_LARGE, limit=limit)
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise api_error(BODY_TOO_LARGE, limit=limit)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


class ArrivingBody:
    """The body of a request, which is read when somebody asks for it, and once."""

    __slots__ = ("_headers", "_limit", "_receive", "_text")

    def __init__(self, receive: Receive, limit: int, headers: Mapping[bytes, bytes]) -> None:
        self._receive = receive
        self._limit = limit
        self._headers = headers
        self._text: bytes | None = None

    async def read(self) -> bytes:
        """Return the whole body. Raises ApiError (413), ClientLeft."""
        if self._text is None:
            self._text = await read_body(self._receive, self._limit, self._headers)
        return self._text


async def read_beginning(receive: Receive, limit: int) -> bytes:
    """Return the first `limit` bytes of a request body, or fewer if the rest does not come in time.

    They are for the journal alone, so a client that stops sending gets its answer all the same.
    """
    text, more = b"", True
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            while more and len(text) < limit:
                message = await receive()  # its end, if the client is gone
                text += message.get("body", b"")
                more = message.get("more_body", False)
    return text[:limit]


class BodyReader:
    """Reads and checks the bodies of one operation, by the media types that it declares."""

    def __init__(self, bodies: Sequence[RequestBody], validation: Validation) -> None:
        self._bodies = {
            body.media_type: (body.fields, partial(validation.problems, body.pointer))
            for body in bodies
        }
        self._first = bodies[0].media_type  # of a body without a Content-Type

    def read(
        self, text: bytes, headers: Mapping[bytes, bytes], problems: list[Problem]
    ) -> tuple[Json, Json]:
        """Return the body as a handler gets it, and as JSON can show it; None if it isn't read.

        Adds to `problems`.
        """
        given = headers.get(b"content-type", b"")
        media_type = self._media_type(given)
        if media_type is None:
            problems.append(self._wrong_type(given))
            return None, None
        fields, check = self._bodies[media_type]
        try:
            if media_type == JSON_MEDIA_TYPE:
                body = shown = _read_json(text)
            else:
                pairs = (
                    _read_parts(text, given)
                    if media_type == MULTIPART_MEDIA_TYPE
                    else read_pairs(text)
                )
                body = read_form(pairs, fields)
                shown = shown_form(body)
        except ValidationFailed as error:
            problems += error.problems
            return None, None
        problems += check(shown, ("body",))
        return body, shown

    def _media_type(self, given: bytes) -> str | None:
        """Return the declared media type that matches a Content-Type, or None."""
        media_type = given.partition(b";")[0].strip().lower().decode("latin-1")
        if media_type in self._bodies:
            return media_type
        if not media_type:
            return self._first
        is_json = media_type.startswith("application/") and media_type.endswith("+json")
        return JSON_MEDIA_TYPE if is_json and JSON_MEDIA_TYPE in self._bodies else None

    def _wrong_type(self, given: bytes) -> Problem:
        expected = " or ".join(repr(media_type) for media_type in self._bodies)
        message = (
            "Input should be a valid dictionary or object to extract fields from; "
            f"the Content-Type is {given.decode('latin-1')!r}, expected {expected}"
        )
        return Problem(("body",), message, "model_attributes_type")


def _read_parts(text: bytes, content_type: bytes) -> Pairs:
    from emulator.web.multipart import read_parts  # few send files, and it takes 10 ms

    return read_parts(text, content_type)


def _read_json(text: bytes) -> Json:
    """Return the value of a JSON text. Raises ValidationFailed."""
    if not text:
        raise ValidationFailed([Problem(("body",), "Field required", "missing")])
    try:
        return parse(text)
    except JsonTextError as error:
        message = f"JSON decode error: {error.message}"
        problem = Problem(("body", error.position), message, "json_invalid")
        raise ValidationFailed([problem]) from None
