"""Conversations for the cases of a check: short, and always the same."""

from collections.abc import Iterator

from emulator.apis.evi.chat.config import ToolSpec
from emulator.apis.evi.chat.prosody import USER_MOODS, sound_like
from emulator.apis.evi.model.conversation import Said
from emulator.apis.evi.model.replies import ToolWanted
from emulator.audio.tones import speech_ms
from emulator.jsontext import render

_GAP_MS = 700  # between a message and the next
_CALL_ID = "call_check"
MESSAGES_OF_A_LONG_CHAT = 200

WEATHER = ToolSpec(
    "get_current_weather",
    '{"type": "object", "properties": {"location": {"type": "string", '
    '"description": "A city, such as Oslo"}}, "required": ["location"]}',
    description="Returns the weather of a city, in degrees Celsius.",
)


def typed(text: str, at_ms: int = 0) -> Said:
    """Return what a user types, which has no scores."""
    return Said("user", text, at_ms, at_ms)


def spoken(text: str, at_ms: int = 0) -> Said:
    """Return what a user says, with all 48 scores."""
    scores = sound_like(None, USER_MOODS, "check", text).to_dict()
    return Said("user", text, at_ms, at_ms + speech_ms(text), scores)


def answered(text: str, at_ms: int = 0) -> Said:
    """Return what the assistant says."""
    return Said("assistant", text, at_ms, at_ms + speech_ms(text))


def long_chat() -> tuple[Said, ...]:
    """Return a conversation of many messages: a greeting first, a question last."""
    return tuple(_long_chat())


def _long_chat() -> Iterator[Said]:
    at_ms = 0
    for number in range(MESSAGES_OF_A_LONG_CHAT // 2):
        answer = answered(f"That makes {number}. What comes next?", at_ms)
        yield answer
        question = spoken(f"Now add one to {number}, please.", answer.end_ms + _GAP_MS)
        yield question
        at_ms = question.end_ms + _GAP_MS


def tool_result(question: Said, call: ToolWanted) -> tuple[Said, ...]:
    """Return the conversation after a tool's call: the question, the call, its result."""
    function = {"name": call.name, "arguments": render(call.arguments).decode()}
    id = call.id or _CALL_ID
    asked = {"id": id, "type": "function", "function": function}
    at_ms = question.end_ms + _GAP_MS
    return (
        question,
        Said("assistant", "", at_ms, at_ms, tool_calls=(asked,)),
        Said("tool", '{"celsius": -4, "sky": "snow"}', at_ms, at_ms, tool_call_id=id),
    )
