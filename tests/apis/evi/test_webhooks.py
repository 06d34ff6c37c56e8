"""The payloads of webhook events."""

from typing import Any

import pytest
from hume.empathic_voice.types import (
    WebhookEventChatEnded,
    WebhookEventChatStarted,
    WebhookEventToolCall,
)

from emulator.apis.evi import webhooks as events
from emulator.apis.evi.webhooks import EVENT_NAMES, SCHEMAS, TWILIO_KEYS, ChatFacts
from tests.outgoing.calls import judge
from tests.served import DOCUMENT

CHAT, GROUP, CONFIG = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")
START_MS = 1_716_244_940_648
CALL = {
    "type": "tool_call",
    "name": "get_current_weather",
    "parameters": '{"location": "Oslo"}',
    "tool_call_id": "call_1",
    "tool_type": "function",
    "response_required": True,
}
LITTLE = ChatFacts(CHAT, GROUP)
MUCH = ChatFacts(
    CHAT,
    GROUP,
    CONFIG,
    "session 7",
    "+4712345678",
    events.twilio_metadata("+4712345678", {"from_city": "Oslo"}, "CA1"),
)
MODELS: dict[str, Any] = {
    "chat_started": WebhookEventChatStarted,
    "chat_ended": WebhookEventChatEnded,
    "tool_call": WebhookEventToolCall,
}


def payload(event_name: str, facts: ChatFacts) -> Any:
    if event_name == "chat_started":
        return events.chat_started(facts, START_MS, resumed=False)
    if event_name == "chat_ended":
        return events.chat_ended(facts, START_MS, START_MS + 17_898, "USER_ENDED")
    return events.tool_call(facts, START_MS + 1, CALL)


@pytest.mark.parametrize("facts", [LITTLE, MUCH], ids=["little", "much"])
@pytest.mark.parametrize("event_name", EVENT_NAMES)
def test_every_payload_fits_the_document(event_name: str, facts: ChatFacts) -> None:
    """A payload fits its schema, whether little or much is known about the chat."""
    assert judge(payload(event_name, facts)) == []


@pytest.mark.parametrize("facts", [LITTLE, MUCH], ids=["little", "much"])
@pytest.mark.parametrize("event_name", EVENT_NAMES)
def test_the_vendors_models_read_every_payload(event_name: str, facts: ChatFacts) -> None:
    """The vendor's Python models take a payload, and know each of its fields."""
    sent = payload(event_name, facts)
    parsed = MODELS[event_name].model_validate(sent)

    assert parsed.model_extra in (None, {})
    for name in sent.keys() - {"tool_call_message"}:
        assert getattr(parsed, name) == sent[name]
    if event_name == "tool_call":
        assert parsed.tool_call_message.tool_call_id == "call_1"


@pytest.mark.parametrize("event_name", EVENT_NAMES)
def test_nothing_is_left_out(event_name: str) -> None:
    """What is not known is null, not missing."""
    sent = payload(event_name, LITTLE)
    common = ("event_name", "chat_group_id", "chat_id", "config_id", "caller_number",
              "custom_session_id", "twilio_metadata")  # fmt: skip
    assert tuple(sent)[:7] == common
    assert [sent[name] for name in common] == [event_name, GROUP, CHAT, None, None, None, None]


def test_a_chat_starts_anew_or_resumes_a_group() -> None:
    """`chat_start_type` tells the two ways to start apart."""
    assert events.chat_started(LITTLE, 1, False)["chat_start_type"] == "new_chat_group"
    assert events.chat_started(LITTLE, 1, True)["chat_start_type"] == "resumed_chat_group"


@pytest.mark.parametrize(("ms", "seconds"), [(0, 0), (999, 0), (1_000, 1), (17_898, 17)])
def test_a_duration_is_in_whole_seconds(ms: int, seconds: int) -> None:
    """`duration_seconds` counts the seconds that are over; `end_time` is in ms."""
    ended = events.chat_ended(LITTLE, START_MS, START_MS + ms, "USER_ENDED")
    assert (ended["duration_seconds"], ended["end_time"]) == (seconds, START_MS + ms)


def test_twilio_says_everything_it_could() -> None:
    """All of Twilio's keys are there: as given, as the call tells, or empty."""
    said = events.twilio_metadata("+47123", {"from_city": "Oslo", "call_sid": "mine"}, "CA1")

    assert tuple(said) == TWILIO_KEYS
    known = {key: value for key, value in said.items() if value}
    assert known == {
        "call_sid": "mine",
        "from_number": "+47123",
        "caller_number": "+47123",
        "from_city": "Oslo",
    }


def test_the_document_knows_every_event() -> None:
    """Each event of the document's `webhooks` has its payload here, and the other way round."""
    described = {
        item["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for item in DOCUMENT.content["webhooks"].values()
    }
    assert described == set(SCHEMAS.values())
