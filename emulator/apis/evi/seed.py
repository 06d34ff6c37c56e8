"""EVI's section of a seed file, loaded through the same code as the API's own requests."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from emulator.api import Call
from emulator.apis.evi.chat.followed_script import named_script
from emulator.apis.evi.chat.prosody import EMOTIONS, fill_scores
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat_store import LONGEST_CHAT_MS, Audio, ChatStore, new_event, put_event
from emulator.apis.evi.model.cassette_file import check_cassette
from emulator.apis.evi.operations import configs, prompts, tools
from emulator.apis.evi.state import EviState
from emulator.apis.voices.state import VoicesState
from emulator.errors import ApiError, Loc, closest
from emulator.ids import derived_uuid
from emulator.jsontext import Fragment, JsonObject
from emulator.store.late import Late
from emulator.store.overlay import Index
from emulator.store.paging import Paging
from emulator.store.versioned import Resource, Version, VersionedCollection
from emulator.world.seed import SeedLoading
from emulator.world.snapshot import Seed
from emulator.world.state import ApiState


def load(loading: SeedLoading) -> EviState:
    """Load EVI's part of a seed, with the script of the settings; their cassette is checked."""
    check_cassette(loading.settings)
    loading.state(VoicesState)  # which configs name
    section = _Section(loading)
    section.resources("prompts", section.state.prompts, prompts.new_content)
    section.resources("tools", section.state.tools, tools.new_content)
    section.resources("configs", section.state.configs, configs.seed_content)
    section.chats()
    section.state.script = script = named_script(loading.settings.script)
    loading.state(VoicesState).add_sounds(script.sounds)
    return section.state


def with_script(seed: Seed, script: Script) -> Seed:
    """Return the seed with another script for the worlds that begin with it."""
    state, voices = seed.state(EviState).fork(), seed.state(VoicesState).fork()
    state.script = script
    voices.add_sounds(script.sounds)
    return Seed(seed.user_id, {**seed.states, EviState.api: state, VoicesState.api: voices})


def count(state: ApiState) -> Mapping[str, int]:
    """Return the numbers of resources and chats, by their plural."""
    assert isinstance(state, EviState)
    one = Paging(size=1)
    return {
        "configs": state.configs.page(one, latest_only=True).total,
        "prompts": state.prompts.page(one, latest_only=True).total,
        "tools": state.tools.page(one, latest_only=True).total,
        "chats": state.chats.page_of_chats(one).total,
        "chat groups": state.chats.page_of_groups(one).total,
    }


class _Section:
    """EVI's section of one seed."""

    def __init__(self, loading: SeedLoading) -> None:
        self.loading = loading
        self.state = EviState()

    def resources(
        self,
        key: str,
        collection: VersionedCollection,
        new_content: Callable[[Call, Version | None], JsonObject],
    ) -> None:
        """Load configs, prompts or tools, with all their versions."""
        for loc, item in self.loading.items(key):
            if not self.loading.is_new(item["id"], loc):
                continue
            if key != "prompts" and collection.find_name(item["name"]) is not None:
                self.loading.mistake((*loc, "name"), f"{item['name']!r} is here twice")
                continue
            resource: Resource | None = None
            for number, body in enumerate(item["versions"]):
                at = (*loc, "versions", number)
                now_ms = body.get("modified_on", item["created_on"])
                if now_ms < item["created_on"]:
                    self.loading.mistake((*at, "modified_on"), "is before created_on")
                try:
                    content = new_content(
                        self._call({**body, "name": item["name"]}, now_ms, at),
                        resource.latest if resource else None,
                    )
                except ApiError as error:
                    self.loading.mistake(at, str(error.body["message"]))
                    continue
                if resource is None:
                    resource = collection.create(
                        item["id"], item["name"], content, item["created_on"]
                    )
                else:
                    resource = collection.add_version(resource, content, now_ms)

    def chats(self) -> None:
        """Load all chats with their groups; of a known file, events wait for who looks at them."""
        read: list[tuple[str, _Events]] = []
        events = Late(lambda: _in_time(read))
        self.state.chats = ChatStore(events)
        for loc, group in self.loading.items("chat_groups"):
            if not self.loading.is_new(group["id"], loc):
                continue
            for number, given in enumerate(group["chats"]):
                chat = {**given, "id": given["id"].lower()}
                at = (*loc, "chats", number)
                if self.loading.is_new(chat["id"], at):
                    self._add_chat(group["id"], chat, at)
                    read.append((group["id"], _Events(self.loading, chat, at)))
        if not self.loading.is_known:
            events.get()  # for their mistakes

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
        self.state.chats.add_chat(document, len(chat["events"]))
        if "audio" in chat:
            end = chat.get("end_timestamp", chat["start_timestamp"])
            audio = Audio(chat["audio"]["status"], chat["audio"].get("modified_at", end))
            self.state.chats.set_audio(chat["id"], audio)

    def _check_config(self, chat: JsonObject, loc: Loc) -> None:
        if "config" not in chat:
            return
        config = self.state.configs.find(chat["config"]["id"].lower())
        if config is None:
            self.loading.mistake((*loc, "config", "id"), "no config of this seed has this id")
        elif config.find_version(chat["config"]["version"]) is None:
            known = ", ".join(str(version.number) for version in config.versions)
            message = f"{config.name!r} has no such version; it has {known}"
            self.loading.mistake((*loc, "config", "version"), message)

    def _check_end(self, chat: JsonObject, loc: Loc) -> None:
        end, active = chat.get("end_timestamp"), chat["status"] == "ACTIVE"
        if active and chat.get("audio", {}).get("status") == "COMPLETE":
            self.loading.mistake((*loc, "audio"), "an ACTIVE chat's audio can't be COMPLETE")
        if end is not None and end - chat["start_timestamp"] > LONGEST_CHAT_MS:
            self.loading.mistake((*loc, "end_timestamp"), "is more than a day after the start")
        if active and end is not None:
            self.loading.mistake((*loc, "end_timestamp"), "an ACTIVE chat has none")
        if not active and end is None:
            self.loading.mistake(loc, f"end_timestamp is missing; the chat is {chat['status']}")
        if end is not None and end < chat["start_timestamp"]:
            self.loading.mistake((*loc, "end_timestamp"), "is before start_timestamp")

    def _call(self, body: JsonObject, now_ms: int, at: Loc) -> Call:
        """Return a request with this body, at that time; its ids derive from its place."""
        world = self.loading.world_at(now_ms, at, self.state)
        return Call(world, world.settings, {}, body, "")


def _in_time(chats: Sequence[tuple[str, "_Events"]]) -> Index[str]:
    """Return the events of chats, each with the id of its group, in the order of time."""
    timed = [(at_ms, group, event) for group, events in chats for at_ms, event in events.read()]
    index: Index[str] = Index()
    for _, group_id, event in sorted(timed, key=lambda each: each[0]):
        put_event(index, group_id, event)
    return index


@dataclass
class _Events:
    """The events of one chat."""

    loading: SeedLoading
    chat: JsonObject
    loc: Loc

    def read(self) -> Iterator[tuple[int, JsonObject]]:
        """Yield each event with its time; notes mistakes in the document."""
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

    def _features(self, item: JsonObject, number: int, at: Loc) -> str | Fragment:
        if "scores" not in item:
            return ""
        scores = dict(item["scores"])
        for name in item["scores"]:
            if name not in EMOTIONS:
                message = f"no emotion {name!r}{closest(name, EMOTIONS)}"
                self.loading.mistake((*at, "scores", name), message)
                del scores[name]
        return fill_scores(scores, self.chat["id"], number).to_features()

    def _check_time(self, after_ms: int, before_ms: int, at: Loc) -> None:
        if after_ms < before_ms:
            message = f"{after_ms} is before the event above it ({before_ms})"
            self.loading.mistake((*at, "after_ms"), message)
        lasts_ms = self.chat.get("end_timestamp", math.inf) - self.chat["start_timestamp"]
        if 0 <= lasts_ms < after_ms:
            message = f"{after_ms} is after the chat's end ({lasts_ms})"
            self.loading.mistake((*at, "after_ms"), message)
