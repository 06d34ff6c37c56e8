"""Making stubs: their operation must exist, and their body fit what the document declares."""

from collections.abc import Mapping

from emulator.api import Operations
from emulator.errors import (
    OPERATION_UNKNOWN,
    Problem,
    ValidationFailed,
    api_error,
    body_of,
    closest,
)
from emulator.jsontext import Json, render
from emulator.store.stubs import Stub
from emulator.world.world import World


def add_stub(
    world: World,
    operations: Operations,
    operation: str,
    status: int | None = None,
    body: Json = None,
    headers: Mapping[str, str] | None = None,
    times: int | None = 1,
    check: bool = True,
) -> Stub:
    """From now on, the operation answers this.

    Without a body, an error status gets the service's error body. Raises ApiError: 400 for an
    unknown operation, 422 for a body that the document does not allow with this status.
    """
    if operation not in operations:
        hint = closest(operation, list(operations))
        raise api_error(OPERATION_UNKNOWN, id=operation, hint=hint)
    found, validation = operations[operation]
    status = found.success_status if status is None else status
    _check_numbers(status, times)
    if body is None:
        body = body_of(status, "Stubbed", "stub") if status >= 400 else {}
    schema = found.responses.get(status)
    if check and schema is not None:
        problems = validation.check(schema)(body, ("body", "body"))
        if problems:
            raise ValidationFailed(problems)
    _check_renders(body)
    stub = Stub(world.ids.uuid(), operation, status, body, dict(headers or {}), times)
    world.stubs.append(stub)
    return stub


def _check_numbers(status: int, times: int | None) -> None:
    if not isinstance(status, int) or not 200 <= status <= 599:
        message = f"Input should be a status from 200 to 599, got {status!r}"
        raise ValidationFailed([Problem(("body", "status"), message, "status_invalid")])
    if times is not None and (not isinstance(times, int) or times < 1):
        message = f"Input should be at least 1, or null for all calls, got {times!r}"
        raise ValidationFailed([Problem(("body", "times"), message, "times_invalid")])


def _check_renders(body: Json) -> None:
    try:
        render([[[[[[body]]]]]])  # as deep as it stands in any answer
    except TypeError as error:
        problem = Problem(("body", "body"), f"Input can't be JSON: {error}", "json_invalid")
        raise ValidationFailed([problem]) from None
