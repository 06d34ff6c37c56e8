"""The worlds in use: GET /_emulator/worlds, GET and PATCH /_emulator/world, .../{reference}/token.

No answer has the key of a world. A page on this machine opens a listed one with a token.
"""

from collections.abc import Mapping
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response

from emulator.control import read_limit
from emulator.errors import NOT_THIS_MACHINE, api_error
from emulator.hosts import is_loopback, read_host
from emulator.jsontext import JsonObject
from emulator.web.auth import TOKEN_LIFETIME_MS, Auth
from emulator.web.control.request import Bodies, answer, caller_world
from emulator.web.control.turns import in_turns
from emulator.web.endpoint import Route
from emulator.world.world import World
from emulator.world.worlds import Worlds

_OF_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def worlds_routes(auth: Auth, worlds: Worlds, bodies: Bodies) -> list[Route]:
    """Return the routes that list and name worlds, and open them by reference."""

    async def show_all(request: Request) -> Response:
        """List the worlds that somebody has used or named, the last used first."""
        auth.check_key(_headers(request), request.scope["query_string"])
        limit = read_limit(request.query_params)
        used = sorted(filter(_is_used, worlds), key=_last_used_ms, reverse=True)
        shown = await in_turns(map(_summary, islice(used, limit)))
        return answer({"worlds": shown, "total": len(used)})

    async def show(request: Request) -> Response:
        return answer(_summary(caller_world(auth, request)))

    async def rename(request: Request) -> Response:
        world = caller_world(auth, request)
        world.rename((await bodies.read(request, "name-world"))["name"])
        return answer(_summary(world))

    async def issue_token(request: Request) -> Response:
        auth.check_key(_headers(request), request.scope["query_string"])
        _check_is_here(request)
        world = auth.world_of_reference(request.path_params["reference"])
        lifetime_s = TOKEN_LIFETIME_MS // 1000
        return answer({"access_token": auth.issue_token(world), "expires_in": lifetime_s})

    return [
        Route("GET", "/_emulator/worlds", show_all),
        Route("POST", "/_emulator/worlds/{reference}/token", issue_token),
        Route("GET", "/_emulator/world", show),
        Route("PATCH", "/_emulator/world", rename),
    ]


def _headers(request: Request) -> Mapping[bytes, bytes]:
    return dict(request.scope["headers"])


def _is_used(world: World) -> bool:
    """True if something has happened in a world, or it has a name."""
    return world.journal.used_ms is not None or world.name is not None


def _last_used_ms(world: World) -> int:
    return world.journal.used_ms or 0


def _summary(world: World) -> JsonObject:
    return {
        "reference": world.reference,
        "name": world.name,
        "last_used_ms": world.journal.used_ms,
        "entries": world.journal.count,
    }


def _check_is_here(request: Request) -> None:
    """Raise ApiError (403) unless the request comes from this machine, and for it by name.

    A proxy, a balancer or a tunnel on this machine passes on the name that outsiders ask for, or
    adds a header that says for whom it asks.
    """
    peer = "an unknown address" if request.client is None else request.client.host
    host = request.headers.get("host", "")
    passed_on = next((name for name in _OF_PROXIES if name in request.headers), None)
    if passed_on is not None:
        peer = f"{peer}, a proxy by its header {passed_on},"
    if passed_on is not None or not (is_loopback(peer) and is_loopback(read_host(host) or "")):
        raise api_error(NOT_THIS_MACHINE, peer=peer, host=host)
