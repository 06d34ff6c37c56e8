"""GET and DELETE /_emulator/contract: what clients do right, do wrong, and never do."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from emulator.contract.ledger import ClientLedger
from emulator.credentials import CREDENTIALS
from emulator.errors import Problem, ValidationFailed, closest
from emulator.settings import Settings
from emulator.web.auth import Auth
from emulator.web.control.request import answer, caller_world
from emulator.web.control.turns import in_turns
from emulator.web.endpoint import Route
from emulator.world.worlds import Worlds

if TYPE_CHECKING:
    from emulator.contract.surface import ApiSurface

_WORLDS, _ALL = "worlds", "all"
_KNOWN = (_WORLDS, *CREDENTIALS)


def contract_routes(
    auth: Auth,
    worlds: Worlds,
    surfaces: "Callable[[], Sequence[ApiSurface]]",
    settings: Settings,
) -> list[Route]:
    async def show(request: Request) -> Response:
        from emulator.contract.report import new_report  # few ask, and it takes 6 ms

        every = _wants_all(request)
        if every:
            merged = ClientLedger()
            await in_turns(map(merged.merge, worlds.ledgers()))
            return answer(new_report(merged, surfaces(), settings).to_json())
        world = caller_world(auth, request)
        return answer(new_report(world.ledger, surfaces(), world.settings).to_json())

    async def clear(request: Request) -> Response:
        if _wants_all(request):
            worlds.clear_ledgers()
        else:
            caller_world(auth, request).ledger.clear()
        return Response(status_code=204)

    return [
        Route("GET", "/_emulator/contract", show),
        Route("DELETE", "/_emulator/contract", clear),
    ]


def _wants_all(request: Request) -> bool:
    """True if the request is about all clients, False if about those of the caller's world.

    All clients include callers without a key, and clients of dropped worlds.
    """
    for name in request.query_params:
        if name not in _KNOWN:
            message = f"No field is called {name!r}{closest(name, _KNOWN)}"
            raise ValidationFailed([Problem(("query", name), message, "extra_forbidden")])
    asked = request.query_params.get(_WORLDS)
    if asked not in (None, _ALL):
        message = f"Input should be {_ALL!r}, got {asked!r}"
        raise ValidationFailed([Problem(("query", _WORLDS), message, "literal_error")])
    return asked == _ALL
