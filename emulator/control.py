"""The control routes that an API brings, described by its part of the control document."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from emulator.jsontext import Json, JsonObject
from emulator.openapi.parts import Part
from emulator.openapi.validation import Validation
from emulator.reply import Reply
from emulator.world.world import World
from emulator.world.worlds import Worlds


@dataclass(frozen=True, slots=True)
class ControlCall:
    """One request to a control route: the caller's world, parameters by name, a checked body.

    `validation` has the checks of the API's document. `caller` is None if the route needs no key.
    """

    worlds: Worlds
    validation: Validation
    parameters: Mapping[str, str]  # of the path and of the query
    body: JsonObject
    caller: World | None

    @property
    def world(self) -> World:
        """Return the world of the caller's key."""
        assert self.caller is not None, "the route needs no key"
        return self.caller


# Returns JSON, a Reply, or None for 204. Raises ApiError.
ControlHandler: TypeAlias = Callable[[ControlCall], Awaitable[Json | Reply]]


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """One control route of an API; `operation_id` is its name in the control document.

    Its body is checked by the document, or by the `outline` if the handler checks the rest.
    """

    method: str
    path: str
    operation_id: str
    handler: ControlHandler
    takes_body: bool = False
    outline: JsonObject | None = None
    needs_key: bool = True


@dataclass(frozen=True, slots=True)
class ControlRoutes:
    """All control routes of an API, and its part of the control document."""

    part: Part
    routes: Sequence[ControlRoute]
