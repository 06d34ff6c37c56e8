"""The clock of the caller's world: GET /_emulator/clock, POST .../freeze, .../advance, .../resume.

Advancing runs everything that falls due, in order, before it answers.
"""

from starlette.requests import Request
from starlette.responses import Response

from emulator.durations import sum_ms
from emulator.errors import Problem, ValidationFailed
from emulator.jsontext import JsonObject
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world
from emulator.web.endpoint import Route
from emulator.world.world import World


def clock_routes(auth: Auth, bodies: Bodies) -> list[Route]:
    async def show(request: Request) -> Response:
        return _reading(caller_world(auth, request))

    async def freeze(request: Request) -> Response:
        world = caller_world(auth, request)
        world.freeze()
        return _reading(world)

    async def resume(request: Request) -> Response:
        world = caller_world(auth, request)
        world.resume()
        return _reading(world)

    async def advance(request: Request) -> Response:
        world = caller_world(auth, request)
        body = await bodies.read(request, "advance-clock")
        await world.advance(_how_far_ms(body))
        return _reading(world)

    return [
        Route("GET", "/_emulator/clock", show),
        Route("POST", "/_emulator/clock/freeze", freeze),
        Route("POST", "/_emulator/clock/resume", resume),
        Route("POST", "/_emulator/clock/advance", advance),
    ]


def _how_far_ms(body: JsonObject) -> int:
    """Return how far to advance, in ms. Raises ValidationFailed if the body does not say."""
    if not body:
        message = 'Say how far, by hours, minutes, seconds or ms, such as {"minutes": 20}'
        raise ValidationFailed([Problem(("body",), message, "missing")])
    return sum_ms(**body)


def _reading(world: World) -> Response:
    return answer({"now_ms": world.clock.now_ms(), "mode": world.clock.mode})
