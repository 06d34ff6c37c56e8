"""An operation's route: reads and checks parameters and body, then calls the handler."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import CoroutineType

from starlette.types import Receive, Scope, Send

from emulator.api import Call, Handler
from emulator.credentials import CREDENTIALS
from emulator.error_shapes import PLAIN, ErrorShapes, Refused
from emulator.errors import Problem, ValidationFailed
from emulator.faults.table import KINDS
from emulator.journal.journal import LONGEST_BODY
from emulator.jsontext import Json, read_or_none, render
from emulator.openapi.hints import NO_HINTS, Hints
from emulator.openapi.operation import JSON_MEDIA_TYPE, Operation
from emulator.openapi.validation import Validation
from emulator.reply import Reply
from emulator.store.stubs import open_stubs, take_stub
from emulator.web.answers import Answer
from emulator.web.auth import Auth
from emulator.web.bodies import ArrivingBody
from emulator.web.exchange import Exchange
from emulator.web.operation_checks import OperationChecks
from emulator.web.short_circuit import Replacement, count_request, preferred
from emulator.web.stub_answers import called_answer, stub_answer, stub_request
from emulator.world.world import World


class OperationRoute:
    """One operation with its handler and its checks, which the first request compiles."""

    def __init__(
        self,
        operation: Operation,
        handler: Handler,
        validation: Validation,
        auth: Auth,
        max_body_bytes: int,
        any_id: bool = False,
        hints: Hints = NO_HINTS,
        errors: ErrorShapes = PLAIN,
        credentials: Sequence[str] = CREDENTIALS,
    ) -> None:
        """Begin without checks; `any_id` accepts any text as an id.

        `credentials` are the parameters of the query that may hold a key or a token.
        """
        self._operation = operation
        self._validation = validation
        self._any_id = any_id
        self._hints = hints
        self._auth = auth
        self._max_body_bytes = max_body_bytes
        self._errors = errors
        self._credentials = credentials
        has_lines = operation.streams_lines and errors.line is not None
        self._faults = [each for each in KINDS["http"].faults if has_lines or each != "error_line"]
        self._handler = handler
        self._media_type = next(iter(operation.media_types), JSON_MEDIA_TYPE)

    @cached_property
    def _checks(self) -> OperationChecks:
        """Compile what judges the requests."""
        return OperationChecks(self._operation, self._validation, self._any_id, self._hints)

    def compile(self) -> None:
        """Compile every check now. Raises DocumentError for a schema that can't be one."""
        assert self._checks
        for pointer in self._operation.pointers:
            self._validation.check(pointer)

    async def answer(
        self,
        exchange: Exchange,
        segments: Sequence[str],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> Answer:
        """Return the answer of a request whose path has these segments. Raises ApiError."""
        headers, query_string = exchange.read_headers(), scope["query_string"]
        checks = self._checks
        exchange.auditor, exchange.errors = checks.auditor, self._errors
        exchange.world = world = self._auth.world(headers, query_string, self._credentials)
        arriving = ArrivingBody(receive, self._max_body_bytes, headers)
        may_differ = world.rate_limit or world.faults or world.stubs or b"prefer" in headers
        if may_differ and not exchange.is_quiet:
            replacement = await self._replacement(
                world, scope, headers, receive, arriving, exchange
            )
            if replacement is not None:
                text = await arriving.read()  # for the journal: no handler gets it
                exchange.request, exchange.body = text[:LONGEST_BODY], read_or_none(text)
                status, said, extra = replacement
                return Answer(status, render(said), extra)
        problems: list[Problem] = []
        parameters = checks.parameters.read(segments, query_string, scope["headers"], problems)
        body: Json = {}
        if checks.body is not None:
            text = await arriving.read()
            exchange.request = text[:LONGEST_BODY]
            body, exchange.body = checks.body.read(text, headers, problems)
        if world.settings.strict:
            problems += checks.strictly(query_string, exchange.body)
        if problems:
            raise ValidationFailed(problems)
        base_url = world.settings.public_url.rstrip("/") or _base_url(scope, headers)
        call = Call(world, world.settings, parameters, body, base_url)
        exchange.reported = call.findings
        said = self._handler(call)
        return self._answer_of(await said if isinstance(said, CoroutineType) else said)

    def _answer_of(self, said: Json | Reply) -> Answer:
        """Return the answer for a handler's JSON or Reply."""
        if isinstance(said, Reply):
            media_type = said.media_type or self._media_type
            status = said.status or self._operation.success_status
            return Answer(status, said.body, said.headers, media_type, said.length)
        return Answer(self._operation.success_status, render(said))

    async def _replacement(
        self,
        world: World,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        arriving: ArrivingBody,
        exchange: Exchange,
    ) -> Replacement | None:
        """Return the answer that replaces the handler's, if any.

        Raises ApiError (429, 400, 413), ConnectionBroken.
        """
        if world.rate_limit is not None:
            count_request(world.rate_limit, self._errors, exchange.refused)
        replacement = None
        if b"prefer" in headers:
            prefer, refused = headers[b"prefer"], exchange.refused
            replacement = preferred(prefer, self._operation, self._errors, refused)
        if replacement is None and world.faults:
            replacement = await exchange.strike(world.faults, self._faults, receive)
        if replacement is None and world.stubs:
            replacement = await self._stubbed(world, scope, arriving, exchange.refused)
        return replacement

    async def _stubbed(
        self, world: World, scope: Scope, arriving: ArrivingBody, refused: Refused
    ) -> Replacement | None:
        """Return the answer of the first stub for the request. Raises ApiError (413)."""
        stubs = open_stubs(world.stubs, self._operation.id)
        if not any(stub.needs_request for stub in stubs):
            stub = take_stub(stubs, None)
            return None if stub is None else stub_answer(stub)
        request = stub_request(scope, await arriving.read())
        stub = take_stub([stub for stub in stubs if not stub.is_used_up], request)
        if stub is None or stub.answer is None:
            return None if stub is None else stub_answer(stub)
        return await called_answer(
            stub, request, self._operation, self._validation, self._errors, refused
        )


def _base_url(scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    host = headers.get(b"host", b"").decode("latin-1") or ":".join(map(str, scope["server"]))
    return f"{scope['scheme']}://{host}"
