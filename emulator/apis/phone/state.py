"""Phone's state in a world: the calls that have come in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from emulator.apis.phone.call import IncomingCall
from emulator.jsontext import JsonObject
from emulator.world.reading import SnapshotReading
from emulator.world.state import ApiState

MOST_CALLS = 1_000  # the oldest are forgotten


class PhoneState(ApiState):
    """The calls of one account, by their CallSid, the newest last."""

    api = "phone"

    def __init__(self) -> None:
        self.calls: dict[str, IncomingCall] = {}

    def add(self, call: IncomingCall) -> None:
        """Remember a call; one that is posted again, as after a redirect, starts over."""
        self.calls.pop(call.sid, None)
        self.calls[call.sid] = call
        if len(self.calls) > MOST_CALLS:
            del self.calls[next(iter(self.calls))]

    def begin_chat(self, sid: str, chat_id: str) -> None:
        """Note the chat of a call."""
        self.calls[sid] = replace(self.calls[sid], chat_id=chat_id)

    def add_words(self, sid: str, text: str) -> bool:
        """Queue what the caller says next; False if there is no such call."""
        call = self.calls.get(sid)
        if call is None:
            return False
        self.calls[sid] = replace(call, words=(*call.words, text))
        return True

    def take_words(self, sid: str) -> str | None:
        """Return what the caller of a call has said now, if anybody has told."""
        call = self.calls.get(sid)
        if call is None or not call.words:
            return None
        self.calls[sid] = replace(call, words=call.words[1:])
        return call.words[0]

    def counts(self) -> Mapping[str, int]:
        return {"calls": len(self.calls)}

    def fork(self) -> Self:
        fork = type(self)()
        fork.calls = self.calls.copy()
        return fork

    def same_as(self, fork: Self) -> bool:
        return self.calls == fork.calls

    def to_json(self) -> JsonObject:
        return {"calls": [call.to_json() for call in self.calls.values()]}

    @classmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        state = cls()
        for content in reading.content.get("calls", ()):
            state.add(IncomingCall.from_json(content))
        return state
