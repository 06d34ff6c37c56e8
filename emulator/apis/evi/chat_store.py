"""Chats, chat groups and their events, kept as the documents that REST answers.

Facts: docs/protocol.md#chats.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from emulator.jsontext import Fragment, Json, JsonObject, kept, read, render
from emulator.store.late import Late
from emulator.store.overlay import Index, Overlay
from emulator.store.paging import Page, Paging, page_of

CHAT_STATUSES = (
    "ACTIVE",
    "USER_ENDED",
    "USER_TIMEOUT",
    "MAX_DURATION_TIMEOUT",
    "INACTIVITY_TIMEOUT",
    "ERROR",
)

LONGEST_CHAT_MS = 86_400_000  # a day; the service ends every chat after half an hour

# The role of each event type (docs/protocol.md#chat-events).
EVENT_ROLES: Mapping[str, str] = {
    "CHAT_START_MESSAGE": "SYSTEM",
    "SYSTEM_PROMPT": "SYSTEM",
    "SESSION_SETTINGS": "SYSTEM",
    "USER_RECORDING_START_MESSAGE": "SYSTEM",
    "USER_MESSAGE": "USER",
    "USER_INTERRUPTION": "USER",
    "AGENT_MESSAGE": "AGENT",
    "ASSISTANT_PROSODY": "AGENT",
    "FUNCTION_CALL": "TOOL",
    "FUNCTION_CALL_RESPONSE": "TOOL",
    "PAUSE_ONSET": "USER",
    "RESUME_ONSET": "USER",
    "CHAT_END_MESSAGE": "SYSTEM",
}

# (start or first start in ms, position, id): the sort key of lists
ChatEntry: TypeAlias = tuple[int, int, str]
GroupEntry: TypeAlias = tuple[int, int, str]


def new_event(
    id: str,
    chat_id: str,
    timestamp: int,
    type: str,
    message_text: str = "",
    emotion_features: str | Fragment = "",
    metadata: str = "",
    role: str | None = None,
    related_event_id: str | None = None,
) -> JsonObject:
    """Make an event as in `return_chat_event`; without a `role` it has the one of its type."""
    event: JsonObject = {
        "id": id,
        "chat_id": chat_id,
        "timestamp": timestamp,
        "role": role or EVENT_ROLES[type],
        "type": type,
        "message_text": message_text,
        "emotion_features": emotion_features,
        "metadata": metadata,
    }
    if related_event_id is not None:
        event["related_event_id"] = related_event_id
    return event


class Chat(dict[str, Json]):
    """A chat as in `return_chat`; a change replaces it, so each is rendered once."""

    __slots__ = ("_fragment",)
    _fragment: Fragment

    @property
    def fragment(self) -> Fragment:
        try:
            return self._fragment
        except AttributeError:
            self._fragment = Fragment(kept(render(self)))
            return self._fragment


@dataclass(frozen=True, slots=True)
class Audio:
    """The audio reconstruction of a chat: its status, and when it reached that (ms)."""

    status: str
    modified_at: int


def put_event(events: Index[str], group_id: str, event: JsonObject) -> None:
    """Add an event (a `return_chat_event`) to those of its chat, and of that chat's group."""
    text = kept(render(event))
    events.append(event["chat_id"], text)
    events.append(group_id, text)


class ChatStore:
    """All chats of a world.

    A chat and a group are JSON objects as in `return_chat` and `return_chat_group`, replaced
    when they change. An event is rendered once, when it happens: a page of events is a slice of
    JSON texts.
    """

    def __init__(self, first_events: Late[Index[str]] | None = None) -> None:
        """Begin without chats; `first_events` are those of the chats that are added first."""
        self._chats: Overlay[str, Chat] = Overlay()
        self._groups: Overlay[str, JsonObject] = Overlay()
        self._audio: Overlay[str, Audio] = Overlay()
        # (config id or None, status or None) -> ChatEntry
        self._by_filter: Index[tuple[str | None, str | None]] = Index()
        # (group id, status or None) -> ChatEntry
        self._by_group: Index[tuple[str, str | None]] = Index()
        # config id of the most recent chat, or None -> GroupEntry
        self._group_order: Index[str | None] = Index()
        self._first_events = first_events or Late[Index[str]](Index)
        self._positions: Overlay[str, int] = Overlay()
        self._position = 0
        self._uncounted: set[str] = set()  # chats that have had events meanwhile
        self.count = 0  # of chats; none is ever removed
        self.added_events = 0  # beside those of the seed

    def fork(self) -> "ChatStore":
        """Return an equal store at no cost; changes on either side stay there."""
        self._count_events()
        copy = ChatStore(self._first_events)
        for name, value in vars(self).items():
            if isinstance(value, Overlay | Index):
                setattr(copy, name, value.fork())
        copy._position = self._position
        copy.count, copy.added_events = self.count, self.added_events
        return copy

    def same_as(self, fork: "ChatStore") -> bool:
        """True if neither has changed since one was forked from the other."""
        if self._uncounted or fork._uncounted or not self._has_same_events(fork):
            return False
        return all(
            value.same_as(getattr(fork, name))
            for name, value in vars(self).items()
            if isinstance(value, Overlay | Index)
        )

    def _has_same_events(self, fork: "ChatStore") -> bool:
        if self._has_read_events() or fork._has_read_events():
            return self._events.same_as(fork._events)
        return self._first_events is fork._first_events

    def _has_read_events(self) -> bool:
        return "_events" in vars(self)

    @cached_property
    def _events(self) -> Index[str]:
        """Return events in order of arrival, by the id of their chat and by that of its group."""
        return self._first_events.get().fork()

    # all of it, in the form in which a store can be filled again

    def all_chats(self) -> Iterator[JsonObject]:
        """Yield every chat in the order of creation, without the number of its events."""
        chats = self._chats.flat()
        for id in self._in_order(chats):
            yield {key: value for key, value in chats[id].items() if key != "event_count"}

    def all_events(self) -> Iterator[bytes]:
        """Yield the JSON text of every event: by group, and in it by arrival."""
        for id in self._in_order(self._groups):
            yield from self._events.get(id)

    def all_audio(self) -> Iterator[tuple[str, Audio]]:
        """Yield the audio reconstructions that were asked for, each with the id of its chat."""
        audio = self._audio.flat()
        return ((id, audio[id]) for id in self._in_order(audio))

    def _in_order(self, ids: Iterable[str]) -> list[str]:
        return sorted(ids, key=self._positions.flat().__getitem__)

    # chats

    def has_chat(self, id: str) -> bool:
        return id in self._chats

    def find_chat(self, id: str) -> Chat | None:
        self._count_events()
        return self._chats.get(id)

    def _count_events(self) -> None:
        """Update the numbers of events in chats, which is only done when somebody looks."""
        for id in self._uncounted:
            self._chats[id] = Chat(self._chats[id], event_count=len(self._events.get(id)))
        self._uncounted.clear()

    def add_chat(self, chat: JsonObject, event_count: int = 0) -> None:
        """Add a chat that begins, to its group, which is created if necessary.

        `event_count` is how many of the first events it has.
        """
        chat = Chat(chat, event_count=event_count)
        self._chats[chat["id"]] = chat
        self._positions[chat["id"]] = self._next_position()
        self.count += 1
        self._index_chat(chat)
        self._join_group(chat)

    def end_chat(self, id: str, status: str, end_timestamp: int) -> None:
        """End a chat with a status other than ACTIVE."""
        chat = self._chats[id]
        self._unindex_chat(chat)
        chat = Chat(chat, status=status, end_timestamp=end_timestamp)
        self._chats[id] = chat
        self._index_chat(chat)
        group = self._groups[chat["chat_group_id"]]
        active = bool(self._by_group.get((group["id"], "ACTIVE")))
        self._groups[group["id"]] = {**group, "active": active}

    def page_of_chats(
        self, paging: Paging, config_id: str | None = None, status: str | None = None
    ) -> Page[Chat]:
        """Return a page of chats in order of their start."""
        return self._chats_of(page_of(self._by_filter.get((config_id, status)), paging))

    def set_metadata(self, id: str, metadata: str) -> None:
        """Set the client's metadata of the chat, a JSON text."""
        self._chats[id] = Chat(self._chats[id], metadata=metadata)

    # groups

    def find_group(self, id: str) -> JsonObject | None:
        return self._groups.get(id)

    def page_of_groups(self, paging: Paging, config_id: str | None = None) -> Page[JsonObject]:
        """Return a page of groups by first start; `config_id` is that of their newest chat."""
        found = page_of(self._group_order.get(config_id), paging)
        groups = [self._groups[id] for _, _, id in found.items]
        return Page(groups, paging, found.total)

    def page_of_group_chats(
        self, group_id: str, paging: Paging, status: str | None = None
    ) -> Page[Chat]:
        """Return a page of one group's chats in order of their start."""
        return self._chats_of(page_of(self._by_group.get((group_id, status)), paging))

    # events

    def add_event(self, event: JsonObject) -> None:
        """Add an event (a `return_chat_event`) to a chat, and so to its group."""
        chat_id: str = event["chat_id"]
        put_event(self._events, self._chats[chat_id]["chat_group_id"], event)
        self._uncounted.add(chat_id)
        self.added_events += 1

    def page_of_events(self, id: str, paging: Paging) -> Page[Json]:
        """Return a page of the events of one chat, or of all chats of one group."""
        found = page_of(self._events.get(id), paging)
        return Page([Fragment(text) for text in found.items], paging, found.total)

    def iter_events(self, id: str, since: int = 0) -> Iterator[JsonObject]:
        """Yield every event of one chat, or of one group, from that place on."""
        return map(read, list(self._events.get(id)[since:]))

    def newest_events(self, id: str) -> Iterator[JsonObject]:
        """Yield every event of one chat, or of one group, the newest first."""
        return map(read, reversed(list(self._events.get(id))))

    # audio

    def find_audio(self, chat_id: str) -> Audio | None:
        return self._audio.get(chat_id)

    def set_audio(self, chat_id: str, audio: Audio) -> None:
        self._audio[chat_id] = audio

    # inside

    def _chats_of(self, found: Page[ChatEntry]) -> Page[Chat]:
        self._count_events()
        return Page([self._chats[id] for _, _, id in found.items], found.paging, found.total)

    def _next_position(self) -> int:
        self._position += 1
        return self._position

    def _index_chat(self, chat: JsonObject) -> None:
        for index, key, entry in self._entries(chat):
            index.add(key, entry)

    def _unindex_chat(self, chat: JsonObject) -> None:
        for index, key, entry in self._entries(chat):
            index.remove(key, entry)

    def _entries(self, chat: JsonObject) -> list[tuple[Index[Any], Any, ChatEntry]]:
        entry = (chat["start_timestamp"], self._positions[chat["id"]], chat["id"])
        config_id, status, group_id = _config_id(chat), chat["status"], chat["chat_group_id"]
        filters = {(None, None), (config_id, None), (None, status), (config_id, status)}
        return [(self._by_filter, key, entry) for key in filters] + [
            (self._by_group, (group_id, None), entry),
            (self._by_group, (group_id, status), entry),
        ]

    def _join_group(self, chat: JsonObject) -> None:
        group_id = chat["chat_group_id"]
        group = self._groups.get(group_id)
        if group is None:
            self._positions[group_id] = self._next_position()
        else:
            self._order_group(group, self._group_order.remove)
        self._groups[group_id] = group = self._group_with(chat)
        self._order_group(group, self._group_order.add)

    def _group_with(self, newcomer: JsonObject) -> JsonObject:
        """Return the group with a chat added: the newest is the last added, whenever it began."""
        entries = self._by_group.get((newcomer["chat_group_id"], None))
        newest = self._chats[newcomer["id"]]
        group = {
            "id": newcomer["chat_group_id"],
            "first_start_timestamp": entries[0][0],
            "most_recent_start_timestamp": newest["start_timestamp"],
            "num_chats": len(entries),
            "most_recent_chat_id": newest["id"],
            "active": bool(self._by_group.get((newcomer["chat_group_id"], "ACTIVE"))),
        }
        # A missing one is left out, since the schema allows no null.
        return (
            group if "config" not in newest else {**group, "most_recent_config": newest["config"]}
        )

    def _order_group(
        self, group: JsonObject, change: Callable[[str | None, GroupEntry], None]
    ) -> None:
        entry = (group["first_start_timestamp"], self._positions[group["id"]], group["id"])
        for key in {None, group.get("most_recent_config", {}).get("id")}:
            change(key, entry)


def _config_id(chat: JsonObject) -> str | None:
    config_id: str | None = chat.get("config", {}).get("id")
    return config_id
