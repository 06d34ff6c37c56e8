"""Models of a server's resources as answers show them, with the fields that an import reads."""

from collections.abc import Iterable, Iterator
from typing import Any, NotRequired, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from emulator.errors import pointer
from emulator.jsontext import Json, JsonObject

T = TypeVar("T")


class ConfigName(TypedDict):
    id: NotRequired[str | None]
    version: NotRequired[int | None]


class Chat(TypedDict):
    id: str
    chat_group_id: str
    status: str
    start_timestamp: int
    end_timestamp: NotRequired[int | None]
    event_count: NotRequired[int | None]
    metadata: NotRequired[Json]
    config: NotRequired[ConfigName | None]


class ChatGroup(TypedDict):
    id: str
    most_recent_chat_id: NotRequired[str | None]


class Event(TypedDict):
    id: str
    chat_id: str
    timestamp: int
    type: str
    role: NotRequired[str | None]
    message_text: NotRequired[str | None]
    metadata: NotRequired[Json]
    related_event_id: NotRequired[str | None]
    emotion_features: NotRequired[str | None]


class Audio(TypedDict):
    id: str
    status: str
    user_id: NotRequired[str | None]
    modified_at: NotRequired[int | None]


class Voice(TypedDict):
    id: str
    name: str
    provider: NotRequired[str | None]


class Version(TypedDict):
    """A version of a prompt or a tool; its further fields are kept."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
    id: str
    version: int
    name: NotRequired[str | None]
    created_on: NotRequired[int | None]
    modified_on: NotRequired[int | None]


class ConfigVersion(Version):
    prompt: NotRequired[Version | None]
    tools: NotRequired[list[Version | None] | None]
    builtin_tools: NotRequired[list[JsonObject] | None]
    voice: NotRequired[JsonObject | None]


CHAT, CHAT_GROUP, EVENT = TypeAdapter(Chat), TypeAdapter(ChatGroup), TypeAdapter(Event)
AUDIO, VOICE = TypeAdapter(Audio), TypeAdapter(Voice)
VERSION, CONFIG_VERSION = TypeAdapter(Version), TypeAdapter(ConfigVersion)


def items(answer: JsonObject, key: str) -> list[Any]:
    """Return the page `key` of an answer, which some answers have within a page."""
    page = answer.get(key)
    if isinstance(page, dict):
        page = page.get(key)
    return page if isinstance(page, list) else []


def read(adapter: TypeAdapter[T], values: Iterable[Json], notes: list[str]) -> Iterator[T]:
    """Yield the values that fit the model, and add a note for each that does not."""
    for value in values:
        try:
            yield adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            id = value.get("id") if isinstance(value, dict) else None
            note = (
                f"{id or 'an item of a list'} is left out: {pointer(first['loc'])}: {first['msg']}"
            )
            if note not in notes:
                notes.append(note)
