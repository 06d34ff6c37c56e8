"""The fault rules of the caller's world: /_emulator/faults."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from emulator.actions import add_fault
from emulator.errors import (
    FAULT_NOT_FOUND,
    Problem,
    ValidationFailed,
    api_error,
)
from emulator.faults.names import FaultNames
from emulator.faults.table import KINDS, NOTES, FaultMistake
from emulator.jsontext import JsonObject
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world
from emulator.web.endpoint import Route

# The schema that a body must fit before the table of its kind checks the rest.
_OUTLINE: JsonObject = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": list(KINDS)},
        "fault": {"type": "string"},
    },
    "required": ["kind", "fault"],
}


def _type_of(field: str, names: FaultNames) -> str:
    """Return the type of the problem with a field."""
    if field in ("kind", "fault"):
        return "enum"
    return "value_error" if field in names.schema()["properties"] else "extra_forbidden"


def _fields(names: FaultNames) -> JsonObject:
    """Describe the fields that a rule may have, for people who fill them in."""
    schemas = names.schema()["properties"]
    return {
        name: {"type": schemas[name].get("type", "any"), **asdict(note)}
        for name, note in NOTES.items()
    }


def fault_routes(auth: Auth, bodies: Bodies, names: FaultNames) -> list[Route]:
    async def show(request: Request) -> Response:
        return answer({"faults": [rule.to_json() for rule in caller_world(auth, request).faults]})

    async def show_table(request: Request) -> Response:
        """List the faults by kind, the fields of rules, and the values that some may have."""
        kinds = {name: asdict(kind) for name, kind in KINDS.items()}
        return answer({"kinds": kinds, "values": names.to_json(), "fields": _fields(names)})

    async def add(request: Request) -> Response:
        world = caller_world(auth, request)
        body = await bodies.read_outline(request, _OUTLINE)
        try:
            rule = add_fault(world.faults, bodies.validation, names, body)
        except FaultMistake as error:
            problem = Problem(("body", error.field), str(error), _type_of(error.field, names))
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
        Route("GET", "/_emulator/faults", show),
        Route("GET", "/_emulator/faults/table", show_table),
        Route("POST", "/_emulator/faults", add),
        Route("DELETE", "/_emulator/faults", clear),
        Route("DELETE", "/_emulator/faults/{id}", remove),
    ]
