"""Further control routes under a prefix of their own, which the starter of a server adds."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from emulator.openapi.operation import Operation
from emulator.openapi.parts import Part
from emulator.settings import Settings
from emulator.web.auth import Auth

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Endpoint: TypeAlias = "Callable[[Request], Awaitable[Response]]"
MakeEndpoints: TypeAlias = Callable[
    [Auth, Settings, Sequence[Operation]], Sequence[tuple[str, str, Endpoint]]
]


@dataclass(frozen=True, slots=True)
class Mount:
    """Routes under one prefix, made from parts of the server.

    They are control routes: the guard protects them, and errors and bugs are handled as in
    /_emulator.
    """

    prefix: str  # such as /__admin
    make_endpoints: MakeEndpoints  # each endpoint with its method and its path below the prefix
    part: Part | None = None  # of the control document
