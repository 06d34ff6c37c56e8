"""Rules by which the webhooks of the caller's world misbehave: /_emulator/faults."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.errors import FAULT_NOT_FOUND, api_error
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world, schema
from emulator.web.control.webhooks import DELAY_MS, EVENT_NAME, FAULT

RULE = schema(
    required=("kind", "fault"),
    kind={"type": "string", "enum": ["webhook"]},
    fault=FAULT,
    event_name=EVENT_NAME,
    chat_id={"type": "string"},
    times={"type": "integer", "minimum": 1},
    delay_ms=DELAY_MS,
)


def fault_routes(auth: Auth, bodies: Bodies) -> list[Route]:
    async def show(request: Request) -> Response:
        rules = caller_world(auth, request).outbox.rules
        return answer({"faults": [rule.to_json() for rule in rules]})

    async def add(request: Request) -> Response:
        world = caller_world(auth, request)
        body = await bodies.read(request, RULE)
        del body["kind"]
        return answer(world.outbox.add_rule(**body).to_json(), 201)

    async def clear(request: Request) -> Response:
        caller_world(auth, request).outbox.rules.clear()
        return Response(status_code=204)

    async def remove(request: Request) -> Response:
        outbox = caller_world(auth, request).outbox
        id = request.path_params["id"]
        left = [rule for rule in outbox.rules if rule.id != id]
        if len(left) == len(outbox.rules):
            raise api_error(FAULT_NOT_FOUND, id=id)
        outbox.rules[:] = left
        return Response(status_code=204)

    return [
        Route("/_emulator/faults", show, methods=["GET"]),
        Route("/_emulator/faults", add, methods=["POST"]),
        Route("/_emulator/faults", clear, methods=["DELETE"]),
        Route("/_emulator/faults/{id}", remove, methods=["DELETE"]),
    ]
