"""From a seed file to a store, through the same code as the API's own requests."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from emulator.api import Call
from emulator.apis.evi.chat.prosody import EMOTIONS, emotion_features, fill_scores
from emulator.apis.evi.chat_store import LONGEST_CHAT_MS, Audio, new_event
from emulator.apis.evi.operations import configs, prompts, tools
from emulator.apis.evi.store import Store
from emulator.apis.voices.library import merged, read_library
from emulator.apis.voices.voice_store import CUSTOM_VOICE
from emulator.clock import ManualClock, WorldClock
from emulator.errors import ApiError, Loc, closest
from emulator.ids import PlacedIds, derived_uuid
from emulator.jsontext import JsonObject
from emulator.openapi.validation import Validation
from emulator.settings import Settings
from emulator.source_files import Handwritten
from emulator.store.paging import Paging
from emulator.store.versioned import Resource, Version, VersionedCollection
from emulator.world.seed_file import read_seed, refuse_mistakes
from emulator.world.world import World

Items = Iterator[tuple[Loc, JsonObject]]


def load_seed(name: str, validation: Validation, settings: Settings) -> Store:
    """The data of a bundled seed or of a seed file. Raises SeedError with every mistake."""
    document = read_seed(name, validation)
    loading = _Loading(document, settings)
    loading.voices()
    loading.resources("prompts", loading.store.prompts, prompts.new_content)
    loading.resources("tools", loading.store.tools, tools.new_content)
    loading.resources("configs", loading.store.configs, configs.seed_content)
    loading.chats()
    refuse_mistakes(document)
    return loading.store


def summary(store: Store) -> str:
    """What is in a store, such as '3 configs, 4 prompts, ...'."""
    one = Paging(size=1)
    counts = {
        "configs": store.configs.page(one, latest_only=True).total,
        "prompts": store.prompts.page(one, latest_only=True).total,
        "tools": store.tools.page(one, latest_only=True).total,
        "custom voices": store.voices.page(CUSTOM_VOICE, one).total,
        "chats": store.chats.page_of_chats(one).total,
        "chat groups": store.chats.page_of_groups(one).total,
    }
    return ", ".join(f"{count} {noun}" for noun, count in counts.items())


class _Loading:
    """One seed on its way into a store."""

    def __init__(self, document: Handwritten, settings: Settings) -> None:
        self.document = document
        # What an account holds is not up to these; they are for requests.
        self.settings = replace(
            settings, strict=False, unknown_voices="accept", call_hosts_only=False
        )
        self.store = Store(document.content.get("user_id") or derived_uuid("user"))
        self._seen_ids: set[str] = set()
        self._voice_names: set[tuple[str, str]] = set()

    def voices(self) -> None:
        """Add the library, changed as the seed says, and the custom voices."""
        given = [voice for loc, voice in self._voices() if self._is_new_voice(voice, loc)]
        for voice in merged(read_library(), given):
            self.store.voices.add(voice)

    def _voices(self) -> Items:
        for loc, voice in self._items("voices"):
            tags = {tag.upper(): values for tag, values in voice.get("tags", {}).items()}
            more = {"tags": tags} if tags else {}
            yield loc, {**voice, "provider": voice.get("provider", CUSTOM_VOICE), **more}

    def _is_new_voice(self, voice: JsonObject, loc: Loc) -> bool:
        """True if neither its id nor its name has come before; else a mistake is noted."""
        if not self._is_new(voice["id"], loc):
            return False
        name = (voice["provider"], voice["name"].casefold())
        if name in self._voice_names:
            self.document.mistake((*loc, "name"), f"{voice['name']!r} is here twice")
            return False
        self._voice_names.add(name)
        return True

    def resources(
        self,
        key: str,
        collection: VersionedCollection,
        new_content: Callable[[Call, Version | None], JsonObject],
    ) -> None:
        """Configs, prompts or tools, with all their versions."""
        for loc, item in self._items(key):
            if not self._is_new(item["id"], loc):
                continue
            if key != "prompts" and collection.find_name(item["name"]) is not None:
                self.document.mistake((*loc, "name"), f"{item['name']!r} is here twice")
                continue
            resource: Resource | None = None
            for number, body in enumerate(item["versions"]):
                at = (*loc, "versions", number)
                now_ms = body.get("modified_on", item["created_on"])
                if now_ms < item["created_on"]:
                    self.document.mistake((*at, "modified_on"), "is before created_on")
                try:
                    content = new_content(
                        self._call({**body, "name": item["name"]}, now_ms, at),
                        resource.latest if resource else None,
                    )
                except ApiError as error:
                    self.document.mistake(at, str(error.body["message"]))
                    continue
                if resource is None:
                    resource = collection.create(
                        item["id"], item["name"], content, item["created_on"]
                    )
                else:
                    resource = collection.add_version(resource, content, now_ms)

    def chats(self) -> None:
        """All chats with their groups, then all their events in the order of time."""
        events: list[tuple[int, JsonObject]] = []
        for loc, group in self._items("chat_groups"):
            if not self._is_new(group["id"], loc):
                continue
            for number, given in enumerate(group["chats"]):
                chat = {**given, "id": given["id"].lower()}
                at = (*loc, "chats", number)
                if self._is_new(chat["id"], at):
                    self._add_chat(group["id"], chat, at)
                    events += _Events(self.document, chat, at).read()
        for _, event in sorted(events, key=lambda timed: timed[0]):
            self.store.chats.add_event(event)

    def _add_chat(self, group_id: str, chat: JsonObject, loc: Loc) -> None:
        self._check_config(chat, loc)
        self._check_end(chat, loc)
        document: JsonObject = {
            "id": chat["id"],
            "chat_group_id": group_id,
            "status": chat["status"],
            "start_timestamp": chat["start_timestamp"],
            "end_timestamp": chat.get("end_timestamp"),
            "metadata": chat.get("metadata", ""),
        }
        if "config" in chat:
            document["config"] = {**chat["config"], "id": chat["config"]["id"].lower()}
        self.store.chats.add_chat(document)
        if "audio" in chat:
            end = chat.get("end_timestamp", chat["start_timestamp"])
            audio = Audio(chat["audio"]["status"], chat["audio"].get("modified_at", end))
            self.store.chats.set_audio(chat["id"], audio)

    def _check_config(self, chat: JsonObject, loc: Loc) -> None:
        if "config" not in chat:
            return
        config = self.store.configs.find(chat["config"]["id"].lower())
        if config is None:
            self.document.mistake((*loc, "config", "id"), "no config of this seed has this id")
        elif config.find_version(chat["config"]["version"]) is None:
            known = ", ".join(str(version.number) for version in config.versions)
            message = f"{config.name!r} has no such version; it has {known}"
            self.document.mistake((*loc, "config", "version"), message)

    def _check_end(self, chat: JsonObject, loc: Loc) -> None:
        end, active = chat.get("end_timestamp"), chat["status"] == "ACTIVE"
        if active and chat.get("audio", {}).get("status") == "COMPLETE":
            self.document.mistake((*loc, "audio"), "an ACTIVE chat's audio can't be COMPLETE")
        if end is not None and end - chat["start_timestamp"] > LONGEST_CHAT_MS:
            self.document.mistake((*loc, "end_timestamp"), "is more than a day after the start")
        if active and end is not None:
            self.document.mistake((*loc, "end_timestamp"), "an ACTIVE chat has none")
        if not active and end is None:
            self.document.mistake(loc, f"end_timestamp is missing; the chat is {chat['status']}")
        if end is not None and end < chat["start_timestamp"]:
            self.document.mistake((*loc, "end_timestamp"), "is before start_timestamp")

    def _items(self, key: str) -> Items:
        for index, item in enumerate(self.document.content.get(key, ())):
            yield (key, index), {**item, "id": item["id"].lower()}

    def _is_new(self, id: str, loc: Loc) -> bool:
        if id in self._seen_ids:
            self.document.mistake((*loc, "id"), f"{id} is here twice")
            return False
        self._seen_ids.add(id)
        return True

    def _call(self, body: JsonObject, now_ms: int, at: Loc) -> Call:
        """A request with this body, made at that time; its ids belong to its place."""
        world = World("seed", self.store, self.settings, WorldClock(ManualClock(now_ms)))
        world.store = self.store
        world.ids = PlacedIds(*at)
        return Call(world, self.settings, {}, body, "")


@dataclass
class _Events:
    """The events of one chat."""

    document: Handwritten
    chat: JsonObject
    loc: Loc

    def read(self) -> Iterator[tuple[int, JsonObject]]:
        """Each event with its time. Mistakes are noted in the document."""
        after_ms, agent_message_id = 0, None
        for number, item in enumerate(self.chat["events"]):
            at = (*self.loc, "events", number)
            self._check_time(item["after_ms"], after_ms, at)
            after_ms = item["after_ms"]
            event = self._event(item, number, at, agent_message_id)
            if item["type"] == "AGENT_MESSAGE":
                agent_message_id = event["id"]
            yield event["timestamp"], event

    def _event(
        self, item: JsonObject, number: int, at: Loc, agent_message_id: str | None
    ) -> JsonObject:
        chat_id = self.chat["id"]
        related = item.get("related_event_id")
        if item["type"] == "ASSISTANT_PROSODY" and related is None:
            related = agent_message_id
        return new_event(
            id=item.get("id") or derived_uuid("chat", chat_id, "event", number),
            chat_id=chat_id,
            timestamp=self.chat["start_timestamp"] + item["after_ms"],
            type=item["type"],
            message_text=item.get("message_text", ""),
            emotion_features=self._features(item, number, at),
            metadata=item.get("metadata", ""),
            role=item.get("role"),
            related_event_id=related,
        )

    def _features(self, item: JsonObject, number: int, at: Loc) -> str:
        if "scores" not in item:
            return ""
        for name in item["scores"]:
            if name not in EMOTIONS:
                message = f"no emotion {name!r}{closest(name, EMOTIONS)}"
                self.document.mistake((*at, "scores", name), message)
        return emotion_features(fill_scores(item["scores"], self.chat["id"], number))

    def _check_time(self, after_ms: int, before_ms: int, at: Loc) -> None:
        if after_ms < before_ms:
            message = f"{after_ms} is before the event above it ({before_ms})"
            self.document.mistake((*at, "after_ms"), message)
        lasts_ms = self.chat.get("end_timestamp", math.inf) - self.chat["start_timestamp"]
        if 0 <= lasts_ms < after_ms:
            message = f"{after_ms} is after the chat's end ({lasts_ms})"
            self.document.mistake((*at, "after_ms"), message)
