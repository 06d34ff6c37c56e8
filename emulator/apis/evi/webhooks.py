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
    """Raise UsageError unless the name is a webhook event's."""
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
    """The facts about a chat that every event carries."""

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
    """Return the payload of a tool_call; `message` is the frame that the chat's client got."""
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


def twilio_metadata(caller_number: str, stated: Mapping[str, str], call_sid: str) -> JsonObject:
    """Return everything that Twilio says about a call; `stated` overrides made-up values."""
    known = {
        "call_sid": call_sid,
        "from_number": caller_number,
        "caller_number": caller_number,
        **stated,
    }
    return {key: known.get(key, "") for key in TWILIO_KEYS}
