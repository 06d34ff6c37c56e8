"""Webhooks of the caller's world: deliveries, and waiting for them."""

from starlette.requests import Request
from starlette.responses import Response

from emulator.actions import drain, settle
from emulator.control import read_limit
from emulator.errors import (
    DELIVERY_NOT_FOUND,
    DELIVERY_PENDING,
    Problem,
    ValidationFailed,
    api_error,
    closest,
)
from emulator.outgoing.delivery_view import shown_delivery
from emulator.outgoing.outbox import PENDING, STATES, Delivery
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world
from emulator.web.control.turns import in_turns
from emulator.web.endpoint import Route
from emulator.world.world import World

DEFAULT_DRAIN_S = 5


def webhook_routes(auth: Auth, bodies: Bodies) -> list[Route]:
    async def deliveries(request: Request) -> Response:
        wanted = {
            name: request.query_params[name]
            for name in ("event_name", "chat_id", "state")
            if name in request.query_params
        }
        _check_state(wanted.get("state"))
        found = [
            delivery
            for delivery in caller_world(auth, request).outbox.deliveries.values()
            if all(getattr(delivery, name) == value for name, value in wanted.items())
        ]
        newest = found[-(read_limit(request.query_params) or len(found)) :]
        return answer({"deliveries": await in_turns(map(shown_delivery, newest))})

    async def show(request: Request) -> Response:
        world = caller_world(auth, request)
        return answer(shown_delivery(_find(world, request)))

    async def redeliver(request: Request) -> Response:
        world = caller_world(auth, request)
        delivery = _find(world, request)
        if delivery.state == PENDING:
            raise api_error(DELIVERY_PENDING, id=delivery.id)
        world.outbox.redeliver(delivery)
        await settle(world, delivery)
        return answer(shown_delivery(delivery))

    async def drain_all(request: Request) -> Response:
        """Wait until nothing is pending, except for what a frozen clock holds back."""
        world = caller_world(auth, request)
        timeout_s = (await bodies.read(request, "drain-webhooks")).get("timeout", DEFAULT_DRAIN_S)
        return answer({"pending": await drain(world, timeout_s)})

    return [
        Route("GET", "/_emulator/webhooks/deliveries", deliveries),
        Route("GET", "/_emulator/webhooks/deliveries/{id}", show),
        Route("POST", "/_emulator/webhooks/deliveries/{id}/redeliver", redeliver),
        Route("POST", "/_emulator/webhooks/drain", drain_all),
    ]


def _find(world: World, request: Request) -> Delivery:
    """Return the delivery that the path names. Raises ApiError (404)."""
    id = request.path_params["id"]
    delivery = world.outbox.deliveries.get(id)
    if delivery is None:
        raise api_error(DELIVERY_NOT_FOUND, id=id)
    return delivery


def _check_state(state: str | None) -> None:
    if state is not None and state not in STATES:
        known = ", ".join(STATES)
        message = f"Input should be one of {known}, got {state!r}{closest(state, STATES)}"
        raise ValidationFailed([Problem(("query", "state"), message, "enum")])
