"""The chats and chat groups that existed before a recording began, as answers show them."""

import json
from collections.abc import Iterable, Iterator

from emulator.extras.recording.answer_models import (
    AUDIO,
    CHAT,
    CHAT_GROUP,
    EVENT,
    Audio,
    Chat,
    ChatGroup,
    ConfigName,
    Event,
    items,
    read,
)
from emulator.extras.recording.format import Exchange
from emulator.jsontext import JsonObject

_AUDIO_BEFORE = {"QUEUED": None, "IN_PROGRESS": "QUEUED"}  # an answer moves the status on
_EVENT_KEYS = ("id", "role", "message_text", "metadata", "related_event_id")


class ChatImport:
    """Gathers chats from exchanges, in order. `notes` say what is missing."""

    def __init__(self, born: Iterable[str]) -> None:
        """Leave out the chats in `born`, which were held while recording."""
        self.notes: list[str] = []
        self.user_id: str | None = None
        self._born = frozenset(born)
        self._chats: dict[str, Chat] = {}
        self._groups: dict[str, ChatGroup] = {}
        self._events: dict[str, dict[str, Event]] = {}
        self._audio: dict[str, Audio] = {}

    def take(self, exchange: Exchange, rest: list[str]) -> None:
        """Read a successful exchange at /v0/evi/chats/REST or /v0/evi/chat_groups/REST."""
        answer = exchange.response.body.value if exchange.response.body else None
        if not isinstance(answer, dict):
            return
        chats = [*items(answer, "chats_page"), *([answer] if "start_timestamp" in answer else [])]
        for chat in read(CHAT, chats, self.notes):
            self._chats.setdefault(chat["id"], chat)
        for group in read(CHAT_GROUP, items(answer, "chat_groups_page"), self.notes):
            self._groups.setdefault(group["id"], group)
        for event in read(EVENT, items(answer, "events_page"), self.notes):
            self._events.setdefault(event["chat_id"], {})[event["id"]] = event
        audios = [
            each
            for each in [*items(answer, "audio_reconstructions_page"), answer]
            if isinstance(each, dict) and "signed_audio_url" in each
        ]
        for audio in read(AUDIO, audios, self.notes):
            self.user_id = self.user_id or audio.get("user_id")
            self._audio.setdefault(audio["id"], audio)

    def configs(self) -> Iterator[tuple[str, int]]:
        """Yield the configs that the chats name, each with its version."""
        for chat in self._before():
            config = _config(chat.get("config"))
            if config is not None:
                yield config["id"], config["version"]

    def groups(self) -> list[JsonObject]:
        """Return the section of a seed."""
        groups: dict[str, list[JsonObject]] = {}
        for chat in sorted(self._before(), key=lambda chat: chat["start_timestamp"]):
            groups.setdefault(chat["chat_group_id"], []).append(self._written(chat))
        for id in self._groups:
            if id not in groups and self._groups[id].get("most_recent_chat_id") not in self._born:
                self.notes.append(f"chat group {id}: none of its chats was shown; it is left out")
        return [{"id": id, "chats": chats} for id, chats in groups.items()]

    def _before(self) -> list[Chat]:
        return [chat for id, chat in self._chats.items() if id not in self._born]

    def _written(self, chat: Chat) -> JsonObject:
        start_ms = chat["start_timestamp"]
        known = sorted(self._events.get(chat["id"], {}).values(), key=lambda e: e["timestamp"])
        missing = (chat.get("event_count") or 0) - len(known)
        if missing > 0:
            self.notes.append(f"chat {chat['id']}: {missing} of its events were not shown")
        events = [_event(event, start_ms) for event in known]
        last_ms = start_ms + max((event["after_ms"] for event in events), default=0)
        written = {
            "id": chat["id"],
            "config": _config(chat.get("config")),
            "status": chat["status"],
            "start_timestamp": start_ms,
            "end_timestamp": max(chat.get("end_timestamp") or start_ms, last_ms),
            "metadata": chat.get("metadata"),
            "audio": self._audio_before(chat["id"]),
            "events": events,
        }
        if chat["status"] == "ACTIVE":
            del written["end_timestamp"]
        return {name: value for name, value in written.items() if value is not None}

    def _audio_before(self, chat_id: str) -> JsonObject | None:
        audio = self._audio.get(chat_id)
        if audio is None:
            return None
        status = _AUDIO_BEFORE.get(audio["status"], audio["status"])
        modified = {"modified_at": audio["modified_at"]} if audio.get("modified_at") else {}
        return None if status is None else {"status": status, **modified}


def _config(config: ConfigName | None) -> JsonObject | None:
    if config is None or not config.get("id"):
        return None
    return {"id": config["id"], "version": config.get("version") or 0}


def _event(event: Event, start_ms: int) -> JsonObject:
    written: JsonObject = {
        "type": event["type"],
        "after_ms": max(0, event["timestamp"] - start_ms),
        **{key: value for key, value in event.items() if key in _EVENT_KEYS and value},
    }
    try:
        scores = json.loads(event.get("emotion_features") or "null")
    except ValueError:
        scores = None
    return written | ({"scores": scores} if isinstance(scores, dict) else {})
