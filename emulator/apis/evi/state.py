"""EVI's state in a world: configs, prompts, tools, chats, the script, texts of users."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Self, TypeAlias

from emulator.apis.evi import snapshot
from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.chat.script_use import ScriptUse
from emulator.apis.evi.chat_store import ChatStore
from emulator.apis.evi.model.options import ModelOptions, model_options
from emulator.jsontext import JsonObject
from emulator.store.versioned import VersionedCollection
from emulator.world.reading import SnapshotReading
from emulator.world.state import ApiState, Leftover

if TYPE_CHECKING:
    from emulator.apis.evi.chat.channel import ChatEvent
    from emulator.apis.evi.chat.live import LiveChat  # its import takes time at the start

Watcher: TypeAlias = "Callable[[str, ChatEvent], None]"


class EviState(ApiState):
    """The data of one account, and the chats that are live in its world."""

    api = "evi"

    def __init__(self) -> None:
        self.configs = VersionedCollection()
        self.prompts = VersionedCollection()
        self.tools = VersionedCollection()
        self.chats = ChatStore()
        self.own_script: Script | None = Script()  # None: the script of the world's seed
        self.heard: deque[str] = deque()  # transcripts of the next audio turns
        self.model = ModelOptions()  # of custom language models, before the settings
        self.live: dict[str, LiveChat] = {}
        self.cut_off: tuple[str, ...] = ()  # in a fork: the ids of chats that were live
        # Called with the id of a chat and each of its events; they outlive resets.
        self.watchers: list[Watcher] = []
        self.first_script = Script()  # of the world's seed, or of a file that has changed since
        self.file_revision = 0  # of the script's file, that this world has seen
        self.file_revision_at_start = 0  # of the world
        self.script_use = ScriptUse()

    @property
    def script(self) -> Script:
        """Return the script of new chats."""
        assert self.own_script is not None, "the state of a world has a script"
        return self.own_script

    @script.setter
    def script(self, script: Script) -> None:
        self.own_script = script

    def forget_script(self) -> None:
        """Return to the script that the world began with."""
        self.own_script = self.first_script.copy()

    def fork(self) -> Self:
        fork = type(self)()
        fork.configs = self.configs.fork()
        fork.prompts = self.prompts.fork()
        fork.tools = self.tools.fork()
        fork.chats = self.chats.fork()
        fork.own_script = None if self.own_script is None else self.own_script.copy()
        fork.heard = self.heard.copy()
        fork.model = self.model
        fork.cut_off = (*self.cut_off, *self.live)
        fork.script_use = self.script_use.copy()
        return fork

    def same_as(self, fork: Self) -> bool:
        return (
            self.configs.same_as(fork.configs)
            and self.prompts.same_as(fork.prompts)
            and self.tools.same_as(fork.tools)
            and self.chats.same_as(fork.chats)
            and self.own_script == fork.own_script
            and self.heard == fork.heard
            and self.model == fork.model
            and (*self.cut_off, *self.live) == (*fork.cut_off, *fork.live)
        )

    def begin(self, first: Self, before: Self | None, now_ms: int) -> None:
        if before is not None:
            self.watchers = before.watchers
        self.first_script = first.script
        if first.script.followed is not None:
            self.file_revision_at_start = first.script.followed.revision
        self.script_use.excuse(first.script)
        if self.own_script is None:
            self.forget_script()
        for chat_id in self.cut_off:  # no client is connected to them any more
            self.chats.end_chat(chat_id, "USER_ENDED", now_ms)
        self.cut_off = ()

    def close(self) -> None:
        for live in list(self.live.values()):
            live.end()

    def counts(self) -> Mapping[str, int]:
        chats = self.chats
        return {
            "chats": chats.count,
            "live_chats": len(self.live),
            "chat_events": chats.added_events,
        }

    def leftovers(self) -> Iterator[Leftover]:
        for told in self.script_use.unused(self.script):
            yield Leftover("rule", told)
        for told in self.script_use.unmatched:
            yield Leftover("turn", told)

    def to_json(self) -> JsonObject:
        return {
            "heard": list(self.heard),
            "model": self.model.to_json(),
            "script": snapshot.script_json(self.own_script),
            "prompts": snapshot.resources_json(self.prompts),
            "tools": snapshot.resources_json(self.tools),
            "configs": snapshot.resources_json(self.configs),
            "live": [*self.cut_off, *self.live],
            **snapshot.chats_json(self.chats),
        }

    @classmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        content, state = reading.content, cls()
        snapshot.read_resources(reading, "prompts", state.prompts)
        snapshot.read_resources(reading, "tools", state.tools)
        snapshot.read_resources(reading, "configs", state.configs)
        snapshot.read_chats(reading, state.chats)
        state.own_script = snapshot.read_script(reading)
        if state.own_script is not None:
            state.script_use.excuse(state.own_script)
        state.heard = deque(content["heard"])
        state.model = model_options(content.get("model", {}))
        state.cut_off = tuple(snapshot.read_live(reading))
        return state
