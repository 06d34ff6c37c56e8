"""Control route that sends a single webhook event."""

from emulator.actions import settle
from emulator.apis.evi.operations.configs import check_webhook_url
from emulator.apis.evi.triggers import trigger
from emulator.control import ControlCall
from emulator.faults.table import DEFAULT_DELAY_MS
from emulator.jsontext import Json
from emulator.outgoing.delivery_view import shown_delivery

LONGEST_ANSWER_MS = 10_000  # a trigger that is delayed for longer is answered while it waits


async def trigger_webhook(call: ControlCall) -> Json:
    """Send one event, and return its delivery. Raises ApiError, ValidationFailed."""
    world, body = call.world, call.body
    url = body.get("url")
    if url is not None:
        check_webhook_url(url, world.settings)
    delay_ms: int = body.get("delay_ms", DEFAULT_DELAY_MS)
    faults = dict.fromkeys(body.get("faults", ()), delay_ms)
    delivery = trigger(
        world,
        call.validation,
        body["event_name"],
        url,
        body.get("chat_id"),
        body.get("set"),
        faults,
    )
    if "delay" not in faults or delay_ms <= LONGEST_ANSWER_MS:
        await settle(world, delivery)
    return shown_delivery(delivery)
