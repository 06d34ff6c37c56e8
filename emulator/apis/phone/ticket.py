"""The path of a call's media stream: it names the world and the call, and is good for minutes.

Twilio drops the query of a stream's URL, so the path carries all (docs/protocol.md#phone-calls).
"""

import hashlib
import hmac

from emulator.world.world import World

STREAM_PATH = "/v0/evi/twilio/{world}/{ticket}/stream"
LIFETIME_MINUTES = 5  # between the answer and the stream, a developer's server may say much
_LONGEST_TIME = 15  # digits


def stream_path(world: World, call_sid: str) -> str:
    """Return the path for a call, good for LIFETIME_MINUTES on the world's clock."""
    expires_ms = world.clock.now_ms() + LIFETIME_MINUTES * 60_000
    ticket = f"{call_sid}.{expires_ms}.{_signature(world, call_sid, expires_ms)}"
    return STREAM_PATH.format(world=world.reference, ticket=ticket)


def read_ticket(world: World, ticket: str) -> str:
    """Return the CallSid in a path. Raises ValueError with the reason if it is not good."""
    call_sid, _, rest = ticket.partition(".")
    expires, _, signature = rest.partition(".")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _LONGEST_TIME):
        raise ValueError("it is cut off or changed")
    expires_ms = int(expires)
    if not hmac.compare_digest(
        signature.encode(), _signature(world, call_sid, expires_ms).encode()
    ):
        raise ValueError("its signature is wrong")
    if world.clock.now_ms() >= expires_ms:
        raise ValueError("it has expired")
    return call_sid


def _signature(world: World, call_sid: str, expires_ms: int) -> str:
    message = f"{call_sid}.{expires_ms}".encode()
    return hmac.new(world.api_key.encode(), message, hashlib.sha256).hexdigest()
