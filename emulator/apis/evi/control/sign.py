"""Control route that signs a webhook for a handler under test, and sends nothing."""

from emulator.apis.evi.signing import SignedWebhook, sign_body, sign_event, sign_payload
from emulator.control import ControlCall
from emulator.errors import Problem, UsageError, ValidationFailed
from emulator.jsontext import Json

_SOURCES = ("event_name", "payload", "body")


async def sign_webhook(call: ControlCall) -> Json:
    """Return headers and body. Raises ApiError, ValidationFailed."""
    given = [name for name in _SOURCES if name in call.body]
    if len(given) != 1:
        got = " and ".join(given) or "none"
        message = f"Give one of {', '.join(_SOURCES)}; got {got}"
        raise ValidationFailed([Problem(("body",), message, "missing")])
    for name in ("chat_id", "set"):
        if name in call.body and given != ["event_name"]:
            message = f"{name} is for an event of the emulator's; leave it out beside {given[0]}"
            raise ValidationFailed([Problem(("body", name), message, "extra_forbidden")])
    try:
        signed = _signed(call)
    except UsageError as error:
        raise ValidationFailed([Problem(("body", "faults"), str(error), "enum")]) from None
    return {"headers": dict(signed.headers), "body": signed.body.decode()}


def _signed(call: ControlCall) -> SignedWebhook:
    world, body = call.world, call.body
    faults = body.get("faults", ())
    if "payload" in body:
        return sign_payload(world, body["payload"], faults)
    if "body" in body:
        return sign_body(world, body["body"].encode(), faults)
    chat_id, overrides = body.get("chat_id"), body.get("set")
    return sign_event(world, call.validation, body["event_name"], chat_id, overrides, faults)
