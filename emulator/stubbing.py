"""Making stubs: their operation must exist, and their body fit what the document declares."""

from collections.abc import Mapping, Sequence

from emulator.errors import OPERATION_UNKNOWN, PHRASES, ValidationFailed, api_error, closest
from emulator.jsontext import Json
from emulator.openapi.operation import Operation
from emulator.openapi.validation import Validation
from emulator.store.stubs import Stub
from emulator.world import World


def add_stub(
    world: World,
    operations: Sequence[Operation],
    validation: Validation,
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
    known = {each.id: each for each in operations}
    if operation not in known:
        hint = closest(operation, list(known))
        raise api_error(OPERATION_UNKNOWN, id=operation, hint=hint)
    found = known[operation]
    status = status or found.success_status
    if body is None:
        body = _error_body(status) if status >= 400 else {}
    schema = found.responses.get(status)
    if check and schema is not None:
        problems = validation.check(schema)(body, ("body", "body"))
        if problems:
            raise ValidationFailed(problems)
    stub = Stub(world.ids.uuid(), operation, status, body, dict(headers or {}), times)
    world.stubs.append(stub)
    return stub


def _error_body(status: int) -> Json:
    if status == 401:
        detail = {"errorcode": "oauth.v2.InvalidApiKey"}
        return {"fault": {"faultstring": "Invalid ApiKey", "detail": detail}}
    if status == 422:
        problem = {"loc": ["body"], "msg": "Stubbed", "type": "stub"}
        return {"detail": [problem]}
    phrase = PHRASES.get(status, "Error")
    return {"error": phrase, "message": f"Stubbed: {phrase}", "code": "stub"}
