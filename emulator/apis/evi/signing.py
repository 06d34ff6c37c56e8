"""Webhooks signed for a handler under test: body and headers, without sending anything."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from emulator.apis.evi.triggers import event_payload
from emulator.apis.evi.webhooks import check_event_name
from emulator.errors import UsageError, closest
from emulator.faults.webhooks import CORRUPTING
from emulator.jsontext import Json, JsonObject, render
from emulator.openapi.validation import Validation
from emulator.world.world import World


@dataclass(frozen=True, slots=True)
class SignedWebhook:
    """A webhook as the service would post it: the raw body, and the headers with its signature."""

    body: bytes
    headers: Mapping[str, str] = field(repr=False)


def sign_event(
    world: World,
    validation: Validation,
    event_name: str,
    chat_id: str | None = None,
    overrides: Mapping[str, Json] | None = None,
    faults: Collection[str] = (),
) -> SignedWebhook:
    """Return an event about a chat, or a made-up one, as the world would post it now.

    Raises UsageError for an unknown event or fault, ApiError: 404 for an unknown chat, 422 for a
    wrong override.
    """
    check_event_name(event_name)
    payload = event_payload(world, validation, event_name, chat_id, overrides or {})
    return sign_body(world, render(payload), faults)


def sign_payload(world: World, payload: JsonObject, faults: Collection[str] = ()) -> SignedWebhook:
    """Return any JSON as a signed body. Raises UsageError for what can't be JSON."""
    try:
        return sign_body(world, render(payload), faults)
    except TypeError as error:
        raise UsageError(f"a payload must be JSON: {error}") from None


def sign_body(world: World, body: bytes, faults: Collection[str] = ()) -> SignedWebhook:
    """Return a body with the headers that the world would send with it now.

    Raises UsageError for a fault that no request can have.
    """
    for fault in faults:
        if fault not in CORRUPTING:
            known = sorted(CORRUPTING)
            raise UsageError(
                f"no fault {fault!r} of a signed request{closest(fault, known)}; known: "
                f"{', '.join(known)}"
            )
    headers, sent = world.outbox.signed(body, faults)
    return SignedWebhook(sent, headers)
