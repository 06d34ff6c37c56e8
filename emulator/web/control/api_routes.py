"""The control routes of APIs as routes of the server."""

from collections.abc import Iterator
from contextlib import nullcontext

from starlette.requests import Request
from starlette.responses import Response

from emulator.api import ServedApi
from emulator.control import ControlCall, ControlRoute
from emulator.reply import Reply
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world
from emulator.web.endpoint import EndpointFunction, Route
from emulator.web.leaving import WhileHere
from emulator.world.worlds import Worlds


def api_routes(served: ServedApi, auth: Auth, worlds: Worlds, bodies: Bodies) -> Iterator[Route]:
    """Yield the control routes that an API brings."""
    for route in () if served.api.control is None else served.api.control().routes:
        endpoint = _endpoint(route, served, auth, worlds, bodies)
        yield Route(route.method, route.path, endpoint)


def _endpoint(
    route: ControlRoute, served: ServedApi, auth: Auth, worlds: Worlds, bodies: Bodies
) -> EndpointFunction:
    async def endpoint(request: Request) -> Response | Reply:
        caller = caller_world(auth, request) if route.needs_key else None
        body = {}
        if route.outline is not None:
            body = await bodies.read_outline(request, route.outline)
        elif route.takes_body:
            body = await bodies.read(request, route.operation_id)
        parameters = {**request.query_params, **request.path_params}
        call = ControlCall(worlds, served.validation, parameters, body, caller)
        async with WhileHere(request.receive) if route.ends_with_client else nullcontext():
            said = await route.handler(call)
        if isinstance(said, Reply):
            return said
        return Response(status_code=204) if said is None else answer(said)

    return endpoint
