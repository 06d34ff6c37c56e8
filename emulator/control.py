"""The control routes that an API brings, described by its part of the control document."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from emulator.errors import Problem, ValidationFailed
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

    Its body is checked by the document, or by the `outline` if the handler checks the rest. The
    handler is cancelled if the client leaves and the route `ends_with_client`.
    """

    method: str
    path: str
    operation_id: str
    handler: ControlHandler
    takes_body: bool = False
    outline: JsonObject | None = None
    needs_key: bool = True
    ends_with_client: bool = False


@dataclass(frozen=True, slots=True)
class ControlRoutes:
    """All control routes of an API, and its part of the control document."""

    part: Part
    routes: Sequence[ControlRoute]


def read_limit(parameters: Mapping[str, str]) -> int | None:
    """Return the parameter `limit`, None for no limit. Raises ValidationFailed."""
    text = parameters.get("limit")
    limit = None if text is None else read_integer("limit", text)
    if limit == 0:
        message = "Input should be greater than or equal to 1"
        raise ValidationFailed([Problem(("query", "limit"), message, "greater_than_equal")])
    return limit


def read_integer(name: str, text: str) -> int:
    """Return a query parameter's value, which is not below 0. Raises ValidationFailed."""
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        problem = Problem(("query", name), "Input should be a valid integer", "int_parsing")
        raise ValidationFailed([problem])
    return int(text)
