"""Answers of stubs: their own, or what their callable says about a request."""

from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Scope

from emulator.actions import checked_body
from emulator.error_shapes import ErrorShapes, Refused
from emulator.errors import EmulatorError, UsageError
from emulator.jsontext import read_or_none
from emulator.openapi.operation import Operation
from emulator.openapi.validation import Validation
from emulator.store.stubs import Stub, StubRequest
from emulator.waiting import outcome_in_thread
from emulator.web.short_circuit import STUB_HEADER, Replacement

_FORMS = "a body, a status, (status, body) or (status, body, headers)"


def stub_answer(stub: Stub) -> Replacement:
    """Return the answer that a stub has itself."""
    return stub.status, stub.body, {**stub.headers, STUB_HEADER: stub.id}


def stub_request(scope: Scope, content: bytes) -> StubRequest:
    """Return a request as stubs see it."""
    query: dict[str, str | list[str]] = {}
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    for name, value in pairs:
        before = query.get(name)
        if before is None:
            query[name] = value
        else:
            query[name] = [*(before if isinstance(before, list) else [before]), value]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return StubRequest(
        scope["method"], scope["path"], query, headers, read_or_none(content), content
    )


async def called_answer(
    stub: Stub,
    request: StubRequest,
    operation: Operation,
    validation: Validation,
    errors: ErrorShapes,
    refused: Refused,
) -> Replacement:
    """Return what a stub's callable says about a request, or 500 if it raises.

    It runs in a thread, so it may take its time, and use the handles of tests. What it raises is
    kept for the test, which then fails.
    """
    assert stub.answer is not None, "the stub has a callable"
    said, raised = await outcome_in_thread(partial(stub.answer, request))
    if raised is None:
        try:
            status, body, headers = _read(said, stub)
            body = checked_body(operation, validation, status, body, stub.check)
        except EmulatorError as error:
            raised = error
        else:
            return status, body, {**stub.headers, **headers, STUB_HEADER: stub.id}
    stub.error = raised
    message = f"The stub's callable raised {type(raised).__name__}: {raised}"
    body = errors.error(500, message, "stub_failed", refused).body
    return 500, body, {STUB_HEADER: stub.id}


def _read(said: Any, stub: Stub) -> Replacement:
    """Return status, body and headers of what a callable returned. Raises UsageError."""
    if not isinstance(said, tuple):
        said = (said, None) if type(said) is int else (stub.status, said)
    status, body, *more = said if len(said) in (2, 3) else (None, None)
    headers = more[0] if more else {}
    if type(status) is not int or not 200 <= status <= 599 or not _are_headers(headers):
        raise UsageError(f"a stub's callable returns {_FORMS}; got {said!r}")
    return status, body, headers


def _are_headers(headers: Any) -> bool:
    """True if these are texts by name, in characters that a header can hold."""
    return isinstance(headers, dict) and all(
        isinstance(text, str) and text.isascii() and text.isprintable()
        for pair in headers.items()
        for text in pair
    )
