"""One-off answers of operations in the caller's world: /_emulator/stubs."""

from starlette.requests import Request
from starlette.responses import Response

from emulator.actions import add_stub
from emulator.api import Operations
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world
from emulator.web.endpoint import Route


def stub_routes(auth: Auth, bodies: Bodies, operations: Operations) -> list[Route]:
    async def show(request: Request) -> Response:
        stubs = caller_world(auth, request).stubs
        return answer({"stubs": [stub.to_json() for stub in stubs]})

    async def add(request: Request) -> Response:
        world = caller_world(auth, request)
        body = await bodies.read(request, "add-stub")
        return answer(add_stub(world, operations, **body).to_json(), 201)

    async def clear(request: Request) -> Response:
        caller_world(auth, request).stubs.clear()
        return Response(status_code=204)

    return [
        Route("GET", "/_emulator/stubs", show),
        Route("POST", "/_emulator/stubs", add),
        Route("DELETE", "/_emulator/stubs", clear),
    ]
