"""Rules by which requests, frames and webhooks of the caller's world break: /_emulator/faults."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.errors import FAULT_NOT_FOUND, Problem, ValidationFailed, api_error
from emulator.faults.table import FIELDS, KINDS, FaultMistake
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


def fault_routes(auth: Auth, bodies: Bodies) -> list[Route]:
    async def show(request: Request) -> Response:
        return answer({"faults": [rule.to_json() for rule in caller_world(auth, request).faults]})

    async def add(request: Request) -> Response:
        world = caller_world(auth, request)
        body = await bodies.read(request, RULE)
        try:
            rule = world.faults.add(**body)
        except FaultMistake as error:
            kind = "enum" if error.field == "fault" else "extra_forbidden"
            problem = Problem(("body", error.field), str(error), kind)
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
        Route("/_emulator/faults", add, methods=["POST"]),
        Route("/_emulator/faults", clear, methods=["DELETE"]),
        Route("/_emulator/faults/{id}", remove, methods=["DELETE"]),
    ]
