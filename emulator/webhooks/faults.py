"""Webhooks that misbehave on request: rules, and what they do to a request."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from emulator.errors import UsageError, closest
from emulator.jsontext import JsonObject
from emulator.webhooks.signature import signed_headers

FAULTS = {
    "duplicate": "is sent once more after it was delivered",
    "reorder": "goes out after the next one of its chat",
    "drop": "is never sent",
    "delay": "goes out later, by delay_ms",
    "stale_timestamp": "carries a valid signature, ten minutes old",
    "wrong_key": "is signed with another key",
    "tampered_body": "has a body that was changed after signing",
    "missing_headers": "carries neither signature nor timestamp",
}
# Those that concern when a delivery goes out; the others change each request.
SCHEDULING = frozenset(("duplicate", "reorder", "drop", "delay"))
CORRUPTING = frozenset(FAULTS) - SCHEDULING
STALE_S = 600
DEFAULT_DELAY_MS = 5000


def check_fault(fault: str) -> None:
    """Raises UsageError for what is no fault."""
    if fault not in FAULTS:
        known = ", ".join(FAULTS)
        raise UsageError(f"no fault {fault!r}{closest(fault, list(FAULTS))}; known: {known}")


@dataclass(slots=True)
class FaultRule:
    """Which webhooks misbehave, how, and how often: `times` requests, None for all.

    A rule for one event or one chat leaves the others alone. Of a `duplicate`, `reorder`, `drop`
    or `delay`, `times` counts deliveries.
    """

    id: str
    fault: str
    event_name: str | None = None
    chat_id: str | None = None
    times: int | None = None
    delay_ms: int = DEFAULT_DELAY_MS
    used: int = 0

    def matches(self, event_name: str, chat_id: str) -> bool:
        return (
            self.event_name in (None, event_name)
            and self.chat_id in (None, chat_id)
            and (self.times is None or self.used < self.times)
        )

    def to_json(self) -> JsonObject:
        return {
            "id": self.id,
            "kind": "webhook",
            "fault": self.fault,
            "event_name": self.event_name,
            "chat_id": self.chat_id,
            "times": self.times,
            "delay_ms": self.delay_ms if self.fault == "delay" else None,
            "used": self.used,
        }


def take(
    rules: Iterable[FaultRule], event_name: str, chat_id: str, faults: Collection[str]
) -> dict[str, FaultRule]:
    """The rules for these faults that strike now, by fault; each is used up once more."""
    found: dict[str, FaultRule] = {}
    for rule in rules:
        if rule.fault in faults and rule.fault not in found and rule.matches(event_name, chat_id):
            rule.used += 1
            found[rule.fault] = rule
    return found


def headers_and_body(
    body: bytes, timestamp_s: int, key: str, faults: Iterable[str]
) -> tuple[dict[str, str], bytes]:
    """What is sent: the signed headers and the body, with the faults done to them."""
    faults = frozenset(faults)
    if "stale_timestamp" in faults:
        timestamp_s -= STALE_S
    if "wrong_key" in faults:
        key = f"not-{key}"
    headers = {} if "missing_headers" in faults else signed_headers(body, timestamp_s, key)
    if "tampered_body" in faults:
        body = body[:-1] + b',"tampered":true}'
    return {"Content-Type": "application/json", **headers}, body
