"""The history of a live chat. Each event is stored as it happens.

Facts: docs/protocol.md#chat-events.
"""

import json
from itertools import islice

from emulator.apis.evi.chat.messages import ToolCall
from emulator.apis.evi.chat.prosody import Scores
from emulator.apis.evi.chat_store import ChatStore, new_event
from emulator.apis.evi.model.conversation import Conversation, Said, read_conversation
from emulator.clock import Clock
from emulator.ids import IdSource
from emulator.jsontext import Fragment, JsonObject


class History:
    """Writes the events of one chat into the store."""

    def __init__(self, store: ChatStore, chat_id: str, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._chat_id = chat_id
        self._clock = clock
        self._ids = ids
        self._conversation: Conversation | None = None  # once somebody asks
        self._read = 0  # events of it

    def add(
        self,
        type: str,
        message_text: str = "",
        emotion_features: str | Fragment = "",
        metadata: str = "",
        id: str | None = None,
        related_event_id: str | None = None,
    ) -> None:
        """Add an event at the present time."""
        self._store.add_event(
            new_event(
                id or self._ids.uuid(),
                self._chat_id,
                self._clock.now_ms(),
                type,
                message_text,
                emotion_features,
                metadata,
                related_event_id=related_event_id,
            )
        )

    def user_message(self, text: str, scores: Scores | None, begin_ms: int, end_ms: int) -> None:
        """Add what the user said, and when (ms since the start); a typed message has no scores."""
        if scores is None:
            self.add("USER_MESSAGE", text)
        else:
            metadata = json.dumps(_segments(text, scores, begin_ms, end_ms))
            self.add("USER_MESSAGE", text, scores.to_features(), metadata)

    def said(
        self, start_ms: int, resumed_group_id: str | None = None, limit: int = 0
    ) -> list[Said]:
        """Return what was said in the chat, after the last `limit` events of a resumed group.

        The list grows with the chat.
        """
        if resumed_group_id is None:
            return self._own_words(start_ms)
        own = self._store.iter_events(self._chat_id)
        newest = self._store.newest_events(resumed_group_id)
        past = islice((each for each in newest if each["chat_id"] != self._chat_id), limit)
        return read_conversation([*reversed(list(past)), *own], start_ms)

    def _own_words(self, start_ms: int) -> list[Said]:
        """Return what was said in the chat; only what came since the last time is read."""
        if self._conversation is None:
            self._conversation = Conversation(start_ms)
        events = list(self._store.iter_events(self._chat_id, since=self._read))
        self._read += len(events)
        self._conversation.read(events)
        return self._conversation.said

    def function_call(self, call: ToolCall) -> None:
        """Add a tool call, as the JSON text of its message."""
        shown = ("name", "parameters", "tool_call_id", "tool_type", "response_required")
        self.add("FUNCTION_CALL", json.dumps({key: getattr(call, key) for key in shown}))


def _segments(text: str, scores: Scores, begin_ms: int, end_ms: int) -> JsonObject:
    """Return a message's metadata. Numbers from inside the service's models are left empty."""
    return {
        "segments": [
            {
                "content": text,
                "embedding": [],
                "scores": scores.to_list(),
                "stoks": [],
                "time": {"begin_ms": begin_ms, "end_ms": end_ms},
            }
        ]
    }
