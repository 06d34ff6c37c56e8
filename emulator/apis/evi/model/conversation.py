"""What was said in a chat, as a language model is told."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

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

    def with_ids(self, own: Mapping[str, str]) -> "Said":
        """Return it with the model's own ids of tool calls, where they are known."""
        if self.tool_call_id is not None and self.tool_call_id in own:
            return replace(self, tool_call_id=own[self.tool_call_id])
        if any(call["id"] in own for call in self.tool_calls):
            calls = tuple(
                {**call, "id": own.get(call["id"], call["id"])} for call in self.tool_calls
            )
            return replace(self, tool_calls=calls)
        return self

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
    """Return what the events of a chat say, in their order.

    What a chat before it has said, which is resumed, has the time 0.
    """
    return list(_read(events, start_ms))


def _read(events: Iterable[JsonObject], start_ms: int) -> Iterator[Said]:
    spoken_ms = 0  # when the assistant's sentence before ends, if nobody has spoken since
    call: Said | None = None  # that nothing has answered yet; servers refuse one without an answer
    for event in events:
        at_ms, text = max(0, event["timestamp"] - start_ms), event["message_text"]
        is_past = event["timestamp"] < start_ms
        match event["type"]:
            case "USER_MESSAGE":
                spoken_ms = 0
                yield _user(event, text, at_ms, is_past)
            case "AGENT_MESSAGE" if is_past:
                yield Said("assistant", text)
            case "AGENT_MESSAGE":
                begin_ms = max(at_ms, spoken_ms)
                spoken_ms = begin_ms + speech_ms(text)
                yield Said("assistant", text, begin_ms, spoken_ms)
            case "FUNCTION_CALL":
                calls = (_tool_call(json.loads(text)),)
                call = Said("assistant", "", at_ms, at_ms, tool_calls=calls)
            case "FUNCTION_CALL_RESPONSE" if call is not None:
                yield call
                yield Said("tool", text, at_ms, at_ms, tool_call_id=call.tool_calls[0]["id"])
                call = None


def _user(event: JsonObject, text: str, at_ms: int, is_past: bool) -> Said:
    if not event["emotion_features"]:
        return Said("user", text, at_ms, at_ms)
    known = None if is_past else _time(event["metadata"])
    time = known or {"begin_ms": at_ms, "end_ms": at_ms}
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
