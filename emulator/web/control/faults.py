"""Rules by which requests, frames and webhooks of the caller's world break: /_emulator/faults."""

from collections.abc import Collection
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.errors import FAULT_NOT_FOUND, Problem, ValidationFailed, api_error, closest
from emulator.faults.rules import FaultRule, Faults
from emulator.faults.table import FIELDS, KINDS, METHODS, FaultMistake, check_fault, error_slugs
from emulator.jsontext import JsonObject, render
from emulator.openapi.validation import Validation
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world, schema
from emulator.web.control.webhooks import EVENT_NAME

RULE = schema(
    required=("kind", "fault"),
    kind={"type": "string", "enum": list(KINDS)},
    fault={"type": "string"},
    times={"type": "integer", "minimum": 1},
    probability={"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    **{**FIELDS, "event_name": EVENT_NAME},
)


# What a body must be before it can be looked at in the light of its kind.
_OUTLINE = {key: RULE[key] for key in ("type", "required")} | {
    "properties": {name: RULE["properties"][name] for name in ("kind", "fault")}
}


def add_rule(
    faults: Faults, validation: Validation, operations: Collection[str], body: JsonObject
) -> FaultRule:
    """One more rule, as a request says it. Raises FaultMistake, or ValidationFailed for a value."""
    check_fault(body["kind"], body["fault"])
    known = {name: value for name, value in body.items() if name in RULE["properties"]}
    problems = validation.check_schema(RULE)(known, ("body",))
    if problems:
        raise ValidationFailed(problems)
    operation = body.get("operation")
    if operation is not None and operation not in operations:
        hint = closest(operation, list(operations))
        raise FaultMistake("operation", f"no operation {operation!r}{hint}")
    try:
        render([[[[[[body]]]]]])  # as deep as it stands in any answer
    except TypeError as error:
        raise FaultMistake("body", f"it can't be JSON: {error}") from None
    return faults.add(**body)


def _type_of(field: str) -> str:
    """Of the problem with a field."""
    if field in ("kind", "fault"):
        return "enum"
    return "value_error" if field in RULE["properties"] else "extra_forbidden"


def fault_routes(auth: Auth, bodies: Bodies, operations: Collection[str]) -> list[Route]:
    async def show(request: Request) -> Response:
        return answer({"faults": [rule.to_json() for rule in caller_world(auth, request).faults]})

    async def show_table(request: Request) -> Response:
        """What can break, by what it strikes, and which values fields of some name may have."""
        values = {
            "operation": list(operations),
            "event_name": EVENT_NAME["enum"],
            "error": error_slugs(),
            "method": list(METHODS),
        }
        kinds = {name: asdict(kind) for name, kind in KINDS.items()}
        return answer({"kinds": kinds, "values": values})

    async def add(request: Request) -> Response:
        world = caller_world(auth, request)
        body = await bodies.read(request, _OUTLINE)
        try:
            rule = add_rule(world.faults, bodies.validation, operations, body)
        except FaultMistake as error:
            problem = Problem(("body", error.field), str(error), _type_of(error.field))
            raise ValidationFailed([problem]) from None
        return answer(rule.to_json(), 201)

    async def clear(request: Request) -> Response:
        caller_world(auth, request).faults.clear()
        return Response(status_code=204)

    async def remove(request: Request) -> Response:
        id = request.path_params["id"]
        if not caller_world(auth, request).faults.remove(id):
            raise api_error(FAULT_NOT_FOUND, id=id)
        return Response(status_code=204)

    return [
        Route("/_emulator/faults", show, methods=["GET"]),
        Route("/_emulator/faults/table", show_table, methods=["GET"]),
        Route("/_emulator/faults", add, methods=["POST"]),
        Route("/_emulator/faults", clear, methods=["DELETE"]),
        Route("/_emulator/faults/{id}", remove, methods=["DELETE"]),
    ]
