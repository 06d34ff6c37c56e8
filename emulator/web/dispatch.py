"""The pipeline that every operation runs through.

route → world → parameters and body → handler → response, all described by the operation table.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from emulator.api import Call, Handler
from emulator.contract.ledger import ClientLedger
from emulator.contract.requests import RequestAuditor, has_body
from emulator.errors import (
    BODY_TOO_LARGE,
    ApiError,
    Loc,
    Problem,
    ValidationFailed,
    api_error,
)
from emulator.journal.journal import LONGEST_BODY
from emulator.jsontext import Json, JsonTextError, parse, read, read_or_none, render
from emulator.openapi.fields import Field
from emulator.openapi.hints import NO_HINTS, Hints
from emulator.openapi.operation import Operation
from emulator.openapi.strictness import strict_check
from emulator.openapi.validation import Check, Validation
from emulator.redaction.text import hide_in_body
from emulator.settings import Settings
from emulator.web import bugs
from emulator.web.auth import Auth
from emulator.web.exchange import QUIET_AND_HIDING, QUIET_HEADER, QUIET_METHODS, Exchange
from emulator.web.faulty_answers import GARBAGE, ConnectionBroken, break_answer
from emulator.web.parameters import ParameterReader, all_of, parse_query
from emulator.web.response import respond
from emulator.web.routing import Router
from emulator.web.short_circuit import Answer, preferred, stub_answer, take_allowance
from emulator.world.world import World

_PATIENCE_S = 1  # with the body of a request that leads nowhere
_QUERIES_REMEMBERED = 64  # of each operation: clients repeat themselves
_SECONDS_FIELDS = frozenset(
    (
        "created_on",
        "modified_on",
        "start_timestamp",
        "end_timestamp",
        "first_start_timestamp",
        "most_recent_start_timestamp",
    )
)


class Route:
    """One operation with its handler and its compiled checks."""

    def __init__(
        self,
        operation: Operation,
        handler: Handler,
        validation: Validation,
        fields: Field | None,
        any_id: bool = False,
        hints: Hints = NO_HINTS,
    ) -> None:
        self.operation = operation
        self.judge = RequestAuditor(operation, fields, hints.of_requests)
        self.check_strictly = strict_check(operation, fields)
        self.handler = handler
        self.status = operation.success_status
        readers = {
            (parameter.location, parameter.name): ParameterReader(
                parameter,
                _accept_any
                if any_id and parameter.type == "uuid"
                else validation.check(parameter.pointer),
            )
            for parameter in operation.parameters
        }
        self.path_readers = [
            (index, readers["path", segment[1:-1]])
            for index, segment in enumerate(operation.path_template.split("/"))
            if segment.startswith("{")
        ]
        self.query_readers = {
            name: reader for (location, name), reader in readers.items() if location == "query"
        }
        self.read_query = lru_cache(_QUERIES_REMEMBERED)(self._read_query)
        self.check_body: Check | None = (
            validation.check(operation.request_body) if operation.request_body else None
        )

    def read_parameters(
        self, segments: Sequence[str], query_string: bytes, problems: list[Problem]
    ) -> Mapping[str, Json]:
        """The values of all parameters by name; what is wrong goes into `problems`."""
        values: dict[str, Json] = {}
        for index, reader in self.path_readers:
            reader.read(segments[index], values, problems)
        queried, wrong = self.read_query(query_string)
        problems += wrong
        return {**queried, **values} if values else queried

    def _read_query(self, query_string: bytes) -> tuple[Mapping[str, Json], Sequence[Problem]]:
        """The values of query parameters, and what is wrong with them."""
        query, problems = parse_query(query_string), list[Problem]()
        values = {name: reader.default for name, reader in self.query_readers.items()}
        for name, text in query.items():
            reader = self.query_readers.get(name)
            if reader is not None:
                given = all_of(query_string, name) if reader.repeats else text
                reader.read(given, values, problems)
        problems += [
            reader.missing()
            for name, reader in self.query_readers.items()
            if reader.required and name not in query
        ]
        return MappingProxyType(values), tuple(problems)  # which later requests get, too


def _accept_any(value: Json, loc: Loc) -> list[Problem]:
    return []


class Dispatcher:
    """An ASGI application: the operations of all documents."""

    def __init__(
        self, auth: Auth, settings: Settings, anonymous: ClientLedger, hints: Hints = NO_HINTS
    ) -> None:
        """`anonymous` has what is found about callers without a world."""
        self.router: Router[Route] = Router(hints)
        self._hints = hints
        self._anonymous = anonymous
        self._auth = auth
        self._settings = settings

    def add(
        self,
        operation: Operation,
        handler: Handler,
        validation: Validation,
        fields: Field | None = None,
    ) -> None:
        """One more operation; `fields` are those of its body, if it takes one."""
        any_id = self._settings.unknown_ids == "example"
        route = Route(operation, handler, validation, fields, any_id, self._hints)
        self.router.add(operation.method, operation.path_template, route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extra: Mapping[str, str] = {}
        exchange = Exchange(scope, self._anonymous)
        try:
            status, answer, extra = await self._answer(scope, receive, exchange)
            body = render(answer)
        except ApiError as error:
            exchange.refuse(error)
            status, body, extra = error.status, render(error.body), error.headers
        except ClientDisconnect:
            return  # half a request is none
        except ConnectionBroken:
            exchange.note(None, b"")
            return
        except Exception as error:
            where = f"{scope['method']} {scope['path']}"
            exchange.bug = bugs.report(error, where, exchange.world)
            bug = exchange.bug.answer()
            status, body = bug.status, render(bug.body)
        breaks = exchange.breaks
        if breaks is not None and breaks.fault == "garbage":
            body, breaks = GARBAGE, None  # which is sent like any other
        exchange.note(status, body)
        if exchange.hides:
            body = hide_in_body(body.decode()).encode()
        if breaks is None:
            await respond(send, status, body, extra)
        else:
            with suppress(ConnectionBroken):  # its client has gone meanwhile
                await break_answer(breaks, receive, send, status, body, extra)

    async def _answer(self, scope: Scope, receive: Receive, exchange: Exchange) -> Answer:
        headers, query_string = dict(scope["headers"]), scope["query_string"]
        exchange.is_quiet = QUIET_HEADER in headers and scope["method"] in QUIET_METHODS
        exchange.hides = exchange.is_quiet and headers[QUIET_HEADER] == QUIET_AND_HIDING
        try:
            route, segments = self.router.match(scope["method"], scope["path"])
        except ApiError:
            with suppress(ApiError):  # the journal has what leads nowhere, too
                exchange.world = self._auth.world(headers, query_string)
            if exchange.world is not None and has_body(headers):
                exchange.request = await read_beginning(receive, LONGEST_BODY)
            raise
        exchange.judge, exchange.headers = route.judge, headers
        exchange.world = world = self._auth.world(headers, query_string)
        instead = None
        if not exchange.is_quiet:
            instead = await self._instead(world, route.operation, headers, receive, exchange)
        if instead is not None:
            text = await read_body(receive, self._settings.max_body_bytes)
            exchange.request = text[:LONGEST_BODY]
            exchange.body = read_or_none(text)
            return instead
        problems: list[Problem] = []
        parameters = route.read_parameters(segments, query_string, problems)
        body: Json = {}
        if route.check_body is not None:
            body = await self._read_body(route.check_body, headers, receive, problems, exchange)
        if world.settings.strict:
            problems += route.check_strictly(query_string, exchange.body)
        if problems:
            raise ValidationFailed(problems)
        call = Call(world, world.settings, parameters, body, _base_url(scope, headers))
        exchange.reported = call.findings
        answer = route.handler(call)
        if world.settings.timestamps == "seconds":
            answer = in_seconds(read(render(answer)))  # some of it may be rendered already
        return route.status, answer, {}

    async def _instead(
        self,
        world: World,
        operation: Operation,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        exchange: Exchange,
    ) -> Answer | None:
        """What the request gets in place of the handler's answer, if anything.

        Raises ApiError (429, 400), ConnectionBroken.
        """
        if world.allowance is not None:
            take_allowance(world.allowance)
        instead = None
        if b"prefer" in headers:
            instead = preferred(headers[b"prefer"], operation)
        if instead is None and world.faults:
            instead = await exchange.strike(world.faults, receive)
        if instead is None and world.stubs:
            instead = stub_answer(world.stubs, operation.id)
        return instead

    async def _read_body(
        self,
        check: Check,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        problems: list[Problem],
        exchange: Exchange,
    ) -> Json:
        text = await read_body(receive, self._settings.max_body_bytes)
        exchange.request = text[:LONGEST_BODY]
        wrong_type = _wrong_content_type(headers)
        if wrong_type is not None:
            problems.append(wrong_type)
        elif not text:
            problems.append(Problem(("body",), "Field required", "missing"))
        else:
            try:
                body = parse(text)
            except JsonTextError as error:
                message = f"JSON decode error: {error.message}"
                problems.append(Problem(("body", error.position), message, "json_invalid"))
            else:
                exchange.body = body
                problems += check(body, ("body",))
                return body
        return None


def _base_url(scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    host = headers.get(b"host", b"").decode("latin-1") or ":".join(map(str, scope["server"]))
    return f"{scope['scheme']}://{host}"


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole request body. Raises ApiError (413) past `limit` bytes, and ClientDisconnect."""
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


def _wrong_content_type(headers: Mapping[bytes, bytes]) -> Problem | None:
    """Left out, it counts as JSON, as in FastAPI."""
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


def in_seconds(value: Json) -> Json:
    """The same answer with the times of resources in s; those of events stay in ms."""
    if isinstance(value, dict):
        return {
            key: item // 1000 if key in _SECONDS_FIELDS and item is not None else in_seconds(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [in_seconds(item) for item in value]
    return value
