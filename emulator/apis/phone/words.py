"""Finds the words of a call's other side: those of the chat that the call has led to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from emulator.apis.evi.chat.channel import ChatEvent, ChatStarted
from emulator.apis.evi.state import EviState
from emulator.apis.phone.state import PhoneState
from emulator.twilio.record import CallRecord, TranscriptLine
from emulator.world.world import World


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that an assistant said, so many ms after the call's start."""

    at_ms: int
    text: str


class ChatsOfCall:
    """Notes the chats that begin in a world while a call is under way."""

    def __init__(self, world: World, call_sid: str) -> None:
        self._world = world
        self._call_sid = call_sid
        self._begin_ms = world.clock.now_ms()
        self.begun: set[str] = set()  # their ids

    def __call__(self, chat_id: str, event: ChatEvent) -> None:
        """Take an event of a chat."""
        if isinstance(event, ChatStarted):
            self.begun.add(chat_id)

    def chat_id(self) -> str | None:
        """Return the chat of the call: its own, or the only one that began meanwhile."""
        call = self._world.state(PhoneState).calls.get(self._call_sid)
        if call is not None and call.chat_id is not None:
            return call.chat_id
        return next(iter(self.begun)) if len(self.begun) == 1 else None

    def sentences(self) -> list[Sentence]:
        """Return what the assistant has said in that chat."""
        chat_id = self.chat_id()
        if chat_id is None:
            return []
        return [
            Sentence(event["timestamp"] - self._begin_ms, event["message_text"])
            for event in self._world.state(EviState).chats.iter_events(chat_id)
            if event["type"] == "AGENT_MESSAGE"
        ]


def with_words(record: CallRecord, sentences: Sequence[Sentence]) -> CallRecord:
    """Return a record whose lines of the other side have words, as far as they are known.

    A sentence belongs to the first stretch of speech that had not ended when it was said.
    """
    left, lines = list(sentences), list[TranscriptLine]()
    for line in record.lines:
        words = list[str]()
        while line.who == "answerer" and left and left[0].at_ms <= line.until_ms:
            words.append(left.pop(0).text)
        lines.append(replace(line, text=" ".join(words)) if words else line)
    return replace(record, lines=tuple(lines))
