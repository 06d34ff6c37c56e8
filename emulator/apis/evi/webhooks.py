"""The payloads of the three webhook events.

Facts: docs/protocol.md#webhook-payloads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.errors import UsageError, closest
from emulator.jsontext import JsonObject

# The schema of each event's payload in the document.
SCHEMAS = {
    "chat_started": "#/components/schemas/WebhookEventChatStarted",
    "chat_ended": "#/components/schemas/WebhookEventChatEnded",
    "tool_call": "#/components/schemas/WebhookEventToolCall",
}
EVENT_NAMES = tuple(SCHEMAS)


def check_event_name(event_name: str) -> None:
    """Raises UsageError for what is no webhook event."""
    if event_name not in EVENT_NAMES:
        hint, known = closest(event_name, EVENT_NAMES), ", ".join(EVENT_NAMES)
        raise UsageError(f"no webhook event {event_name!r}{hint}; known: {known}")


START_TYPES = ("new_chat_group", "resumed_chat_group")

# What Twilio says about a call; "" where it does not know (docs/protocol.md#webhook-payloads).
TWILIO_KEYS = (
    "call_sid", "account_sid", "from_number", "to_number", "caller_name", "caller_number",
    "from_city", "from_state", "from_zip", "from_country", "to_city", "to_state", "to_zip",
    "to_country",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """What every event says about its chat."""

    chat_id: str
    chat_group_id: str
    config_id: str | None = None
    custom_session_id: str | None = None
    caller_number: str | None = None
    twilio_metadata: Mapping[str, str] | None = None


def chat_started(facts: ChatFacts, start_time_ms: int, resumed: bool) -> JsonObject:
    return _payload(
        "chat_started", facts, start_time=start_time_ms, chat_start_type=START_TYPES[resumed]
    )


def chat_ended(
    facts: ChatFacts, start_time_ms: int, end_time_ms: int, end_reason: str
) -> JsonObject:
    return _payload(
        "chat_ended",
        facts,
        end_time=end_time_ms,
        duration_seconds=(end_time_ms - start_time_ms) // 1000,
        end_reason=end_reason,
    )


def tool_call(facts: ChatFacts, time_ms: int, message: JsonObject) -> JsonObject:
    """`message` is the tool_call as the chat's client got it."""
    return _payload("tool_call", facts, timestamp=time_ms, tool_call_message=message)


def _payload(event_name: str, facts: ChatFacts, **more: object) -> JsonObject:
    twilio = facts.twilio_metadata
    return {
        "event_name": event_name,
        "chat_group_id": facts.chat_group_id,
        "chat_id": facts.chat_id,
        "config_id": facts.config_id,
        "caller_number": facts.caller_number,
        "custom_session_id": facts.custom_session_id,
        "twilio_metadata": None if twilio is None else dict(twilio),
        **more,
    }


def twilio_metadata(caller_number: str, given: Mapping[str, str], call_sid: str) -> JsonObject:
    """All that Twilio says about a call; `given` goes before what is made up."""
    known = {
        "call_sid": call_sid,
        "from_number": caller_number,
        "caller_number": caller_number,
        **given,
    }
    return {key: known.get(key, "") for key in TWILIO_KEYS}
