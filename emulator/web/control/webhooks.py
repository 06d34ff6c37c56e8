"""Webhooks of the caller's world: deliveries, and events at will."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.apis.evi.operations.configs import check_webhook_url
from emulator.apis.evi.triggers import trigger
from emulator.apis.evi.webhooks import EVENT_NAMES
from emulator.errors import (
    DELIVERY_NOT_FOUND,
    DELIVERY_PENDING,
    Problem,
    ValidationFailed,
    api_error,
    closest,
)
from emulator.faults.table import DEFAULT_DELAY_MS
from emulator.openapi.validation import Validation
from emulator.outgoing.delivery_view import shown_delivery
from emulator.outgoing.outbox import PENDING, STATES, Delivery
from emulator.waiting import until
from emulator.web.auth import Auth
from emulator.web.control.request import Bodies, answer, caller_world, read_limit
from emulator.world.world import World, is_held_back

EVENT_NAME = {"type": "string", "enum": list(EVENT_NAMES)}
DEFAULT_DRAIN_S = 5
LONGEST_ANSWER_MS = 10_000  # a trigger that is delayed for longer is answered while it waits


def webhook_routes(auth: Auth, bodies: Bodies, validation: Validation) -> list[Route]:
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
        newest = found[-(read_limit(request) or len(found)) :]
        return answer({"deliveries": [shown_delivery(each) for each in newest]})

    async def show(request: Request) -> Response:
        world = caller_world(auth, request)
        return answer(shown_delivery(_find(world, request)))

    async def redeliver(request: Request) -> Response:
        world = caller_world(auth, request)
        delivery = _find(world, request)
        if delivery.state == PENDING:
            raise api_error(DELIVERY_PENDING, id=delivery.id)
        world.outbox.redeliver(delivery)
        return await _settled(world, delivery)

    async def drain(request: Request) -> Response:
        """Wait until nothing is pending; what a standing clock holds back is not waited for."""
        world = caller_world(auth, request)
        timeout_s = (await bodies.read(request, "drain-webhooks")).get("timeout", DEFAULT_DRAIN_S)
        outbox = world.outbox
        await until(outbox.watchers, lambda: outbox.pending == 0 or is_held_back(world), timeout_s)
        return answer({"pending": outbox.pending})

    async def send_event(request: Request) -> Response:
        world = caller_world(auth, request)
        body = await bodies.read(request, "trigger-webhook")
        url = body.get("url")
        if url is not None:
            check_webhook_url(url, world.settings)
        delay_ms: int = body.get("delay_ms", DEFAULT_DELAY_MS)
        delivery = trigger(
            world,
            validation,
            body["event_name"],
            url,
            body.get("chat_id"),
            body.get("set"),
            dict.fromkeys(body.get("faults", ()), delay_ms),
        )
        if "delay" in body.get("faults", ()) and delay_ms > LONGEST_ANSWER_MS:
            return answer(shown_delivery(delivery))  # still pending
        return await _settled(world, delivery)

    return [
        Route("/_emulator/webhooks/deliveries", deliveries, methods=["GET"]),
        Route("/_emulator/webhooks/deliveries/{id}", show, methods=["GET"]),
        Route("/_emulator/webhooks/deliveries/{id}/redeliver", redeliver, methods=["POST"]),
        Route("/_emulator/webhooks/drain", drain, methods=["POST"]),
        Route("/_emulator/webhooks/trigger", send_event, methods=["POST"]),
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


async def _settled(world: World, delivery: Delivery) -> Response:
    """The delivery, once it is no longer pending, or at once where a standing clock holds it."""
    outbox = world.outbox
    await until(outbox.watchers, lambda: delivery.state != PENDING or is_held_back(world), None)
    return answer(shown_delivery(delivery))
