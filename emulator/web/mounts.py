"""Further control routes, which whoever starts a server adds to it under a path of their own."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.openapi.operation import Operation
from emulator.openapi.parts import Part
from emulator.settings import Settings
from emulator.web.auth import Auth

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
MakeEndpoints: TypeAlias = Callable[
    [Auth, Settings, Sequence[Operation]], Sequence[tuple[str, str, Endpoint]]
]


@dataclass(frozen=True, slots=True)
class Mount:
    """Routes under one prefix, made from what the server has.

    They are control routes: the guard protects them, and their errors and bugs are answered and
    logged as those of /_emulator are.
    """

    prefix: str  # such as /__admin
    make_endpoints: MakeEndpoints  # each endpoint with its method and its path below the prefix
    part: Part | None = None  # of the control document

    def routes(
        self, auth: Auth, settings: Settings, operations: Sequence[Operation]
    ) -> list[Route]:
        """Make the routes, with the prefix in their paths."""
        return [
            Route(self.prefix + path, endpoint, methods=[method])
            for method, path, endpoint in self.make_endpoints(auth, settings, operations)
        ]
