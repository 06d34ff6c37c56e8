"""Actions on a world: one home for what control routes, handles and commands ask for.

Each runs on the server's event loop, the only one that touches worlds. `World.advance` moves the
clock.
"""

from collections.abc import Mapping

from emulator.api import Operations
from emulator.errors import (
    OPERATION_UNKNOWN,
    Loc,
    Problem,
    ValidationFailed,
    api_error,
    body_of,
    closest,
)
from emulator.faults.names import FaultNames
from emulator.faults.rules import FaultRule, Faults
from emulator.faults.table import FaultMistake, check_fault
from emulator.jsontext import Json, JsonObject, render
from emulator.openapi.operation import Operation
from emulator.openapi.validation import Validation
from emulator.outgoing.outbox import PENDING, Delivery
from emulator.store.stubs import MATCHED_BY, Stub, StubCallable
from emulator.waiting import until
from emulator.world.world import World, is_held_back

# webhooks


async def drain(world: World, timeout_s: float | None) -> int:
    """Wait until no webhook is pending; return how many still are.

    Webhooks that a frozen clock holds back are not waited for.
    """
    outbox = world.outbox
    await until(outbox.watchers, lambda: outbox.pending == 0 or is_held_back(world), timeout_s)
    return outbox.pending


async def settle(world: World, delivery: Delivery) -> None:
    """Wait until a delivery is no longer pending, unless a frozen clock holds it back."""
    outbox = world.outbox
    await until(outbox.watchers, lambda: delivery.state != PENDING or is_held_back(world), None)


# faults


def add_fault(
    faults: Faults, validation: Validation, names: FaultNames, rule: JsonObject
) -> FaultRule:
    """Add a rule. Raises FaultMistake, or ValidationFailed for a value."""
    options = check_fault(rule["kind"], rule["fault"]).options
    schema = names.schema()
    known = {name: value for name, value in rule.items() if name in schema["properties"]}
    problems = validation.check_schema(schema)(known, ("body",))
    if problems:
        raise ValidationFailed(problems)
    names.check_operation(rule.get("operation"), rule["fault"])
    try:
        render([[[[[[rule]]]]]])  # nested as deeply as in any answer
    except TypeError as error:
        raise FaultMistake("body", f"it can't be JSON: {error}") from None
    if "error" in rule and "error" in options:
        named = names.find_error(rule["error"], rule["kind"], rule.get("operation"))
        of_error = {"status": named.status} if "status" in options else {}
        rule = {**of_error, **rule, "error": named.slug}
    return faults.add(**rule)


# stubs


def add_stub(
    world: World,
    operations: Operations,
    operation: str,
    status: int | None = None,
    body: Json = None,
    headers: Mapping[str, str] | None = None,
    times: int | None = 1,
    check: bool = True,
    match: Mapping[str, Json] | None = None,
    answer: StubCallable | None = None,
) -> Stub:
    """Replace the operation's next answers, `times` of them; None means all.

    Without a body, an error status gets the service's error body. `match` says which requests are
    meant. An `answer` is called with each of them, and its result is sent instead. Raises ApiError:
    400 for an unknown operation, 422 for a body that the document does not allow with this status.
    """
    if operation not in operations:
        hint = closest(operation, list(operations))
        raise api_error(OPERATION_UNKNOWN, id=operation, hint=hint)
    found, validation = operations[operation]
    status = found.success_status if status is None else status
    _check_numbers(status, times)
    if answer is None:
        body = checked_body(found, validation, status, body, check)
    wanted = _checked_match(match or {})
    given = dict(headers or {})
    stub = Stub(
        world.ids.uuid(),
        operation,
        status,
        body,
        given,
        times,
        match=wanted,
        answer=answer,
        check=check,
    )
    world.stubs.append(stub)
    return stub


def checked_body(
    operation: Operation, validation: Validation, status: int, body: Json, check: bool = True
) -> Json:
    """Return the body of a stub's answer: the service's own for an error that has none.

    Raises ValidationFailed for one that the document does not allow, unless `check` is False.
    """
    if body is None:
        body = body_of(status, "Stubbed", "stub") if status >= 400 else {}
    _check_renders(body, "body")
    schema = operation.responses.get(status)
    if check and schema is not None:
        problems = validation.check(schema)(body, ("body", "body"))
        if problems:
            raise ValidationFailed(problems)
    return body


def _checked_match(match: Mapping[str, Json]) -> dict[str, Json]:
    """Return what requests must have, with texts in the query, and headers in lower case.

    Raises ValidationFailed.
    """
    if not isinstance(match, Mapping):
        raise _wrong_match((), f"Input should be an object with {', '.join(MATCHED_BY)}", match)
    for name, wanted in match.items():
        if name not in MATCHED_BY:
            message = f"Stubs are matched by {', '.join(MATCHED_BY)}{closest(name, MATCHED_BY)}"
            raise _wrong_match((name,), message, name)
        if name in ("query", "headers") and not isinstance(wanted, Mapping):
            raise _wrong_match((name,), "Input should be an object of texts by name", wanted)
    _check_renders(dict(match), "match")
    found = dict(match)
    if "query" in found:
        found["query"] = {name: _query_text(value) for name, value in found["query"].items()}
    if "headers" in found:
        found["headers"] = {name.lower(): str(value) for name, value in found["headers"].items()}
    return found


def _query_text(value: Json) -> Json:
    """Return a value as a query has it: True is 'true'; a list is a repeated parameter."""
    if isinstance(value, list):
        return [_query_text(each) for each in value]
    return value if isinstance(value, str) else render(value).decode()


def _wrong_match(loc: Loc, message: str, got: object) -> ValidationFailed:
    problem = Problem(("body", "match", *loc), f"{message}, got {got!r}", "match_invalid")
    return ValidationFailed([problem])


def _check_numbers(status: int, times: int | None) -> None:
    if not isinstance(status, int) or not 200 <= status <= 599:
        message = f"Input should be a status from 200 to 599, got {status!r}"
        raise ValidationFailed([Problem(("body", "status"), message, "status_invalid")])
    if times is not None and (not isinstance(times, int) or times < 1):
        message = f"Input should be at least 1, or null for all calls, got {times!r}"
        raise ValidationFailed([Problem(("body", "times"), message, "times_invalid")])


def _check_renders(value: Json, name: str) -> None:
    try:
        render([[[[[[value]]]]]])  # nested as deeply as in any answer
    except TypeError as error:
        problem = Problem(("body", name), f"Input can't be JSON: {error}", "json_invalid")
        raise ValidationFailed([problem]) from None
