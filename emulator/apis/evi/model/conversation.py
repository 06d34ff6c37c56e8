"""What was said in a chat, as a language model is told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from emulator.audio.tones import speech_ms
from emulator.jsontext import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Said:
    """One message. Times are ms since the chat began; `scores` is None unless it was spoken."""

    role: str
    text: str
    begin_ms: int = 0
    end_ms: int = 0
    scores: Mapping[str, float] | None = None
    tool_calls: tuple[JsonObject, ...] = ()
    tool_call_id: str | None = None

    def to_message(self, with_extras: bool) -> JsonObject:
        """Return it as a message of the chat completions API, with the service's own fields."""
        message: JsonObject = {"role": self.role, "content": self.text}
        if self.tool_calls:
            message["content"] = self.text or None
            message["tool_calls"] = list(self.tool_calls)
        if self.tool_call_id is not None:
            message["tool_call_id"] = self.tool_call_id
        if with_extras:
            prosody = None if self.scores is None else {"scores": dict(self.scores)}
            message["models"] = {"prosody": prosody}
            message["time"] = {"begin": self.begin_ms, "end": self.end_ms}
        return message


def read_conversation(events: Iterable[JsonObject], start_ms: int) -> list[Said]:
    """Return what the events of a chat say, in their order."""
    return list(_read(events, start_ms))


def _read(events: Iterable[JsonObject], start_ms: int) -> Iterator[Said]:
    call: Said | None = None  # that nothing has answered yet; servers refuse one without an answer
    for event in events:
        at_ms, text = event["timestamp"] - start_ms, event["message_text"]
        match event["type"]:
            case "USER_MESSAGE":
                yield _user(event, text, at_ms)
            case "AGENT_MESSAGE":
                yield Said("assistant", text, at_ms, at_ms + speech_ms(text))
            case "FUNCTION_CALL":
                calls = (_tool_call(json.loads(text)),)
                call = Said("assistant", "", at_ms, at_ms, tool_calls=calls)
            case "FUNCTION_CALL_RESPONSE" if call is not None:
                yield call
                yield Said("tool", text, at_ms, at_ms, tool_call_id=call.tool_calls[0]["id"])
                call = None


def _user(event: JsonObject, text: str, at_ms: int) -> Said:
    if not event["emotion_features"]:
        return Said("user", text, at_ms, at_ms)
    time = _time(event["metadata"]) or {"begin_ms": at_ms, "end_ms": at_ms}
    scores = json.loads(event["emotion_features"])
    return Said("user", text, time["begin_ms"], time["end_ms"], scores)


def _time(metadata: Json) -> JsonObject | None:
    if not metadata:
        return None
    segments = json.loads(metadata)["segments"]
    time: JsonObject | None = segments[0]["time"] if segments else None
    return time


def _tool_call(call: JsonObject) -> JsonObject:
    return {
        "id": call["tool_call_id"],
        "type": "function",
        "function": {"name": call["name"], "arguments": call["parameters"]},
    }
