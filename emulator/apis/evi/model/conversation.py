"""Words of a chat, in the form in which a language model gets them."""

import json
from collections.abc import Iterable, Mapping
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


class Conversation:
    """Reads what the events of a chat say, in their order, and reads on as there are more.

    What a chat before it has said, which is resumed, has the time 0.
    """

    def __init__(self, start_ms: int) -> None:
        self.said: list[Said] = []
        self._start_ms = start_ms
        self._spoken_ms = 0  # when the sentence before ends, if nobody has spoken since
        self._call: Said | None = None  # without an answer so far; servers refuse such a call

    def read(self, events: Iterable[JsonObject]) -> None:
        """Read events that follow those before."""
        for event in events:
            self.said += self._read(event)

    def _read(self, event: JsonObject) -> Iterable[Said]:
        text, kind = event["message_text"], event["type"]
        at_ms = max(0, event["timestamp"] - self._start_ms)
        is_past = event["timestamp"] < self._start_ms
        match kind:
            case "USER_MESSAGE":
                self._spoken_ms = 0
                return (_user(event, text, at_ms, is_past),)
            case "AGENT_MESSAGE" if is_past:
                return (Said("assistant", text),)
            case "AGENT_MESSAGE":
                begin_ms = max(at_ms, self._spoken_ms)
                self._spoken_ms = begin_ms + speech_ms(text)
                return (Said("assistant", text, begin_ms, self._spoken_ms),)
            case "FUNCTION_CALL":
                calls = (_tool_call(json.loads(text)),)
                self._call = Said("assistant", "", at_ms, at_ms, tool_calls=calls)
            case "FUNCTION_CALL_RESPONSE" if self._call is not None:
                call, self._call = self._call, None
                id = call.tool_calls[0]["id"]
                return (call, Said("tool", text, at_ms, at_ms, tool_call_id=id))
        return ()


def read_conversation(events: Iterable[JsonObject], start_ms: int) -> list[Said]:
    """Return what events say, in their order."""
    conversation = Conversation(start_ms)
    conversation.read(events)
    return conversation.said


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
