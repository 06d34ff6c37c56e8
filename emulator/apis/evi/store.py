"""All the data of one world, or of a seed."""

from dataclasses import dataclass, field

from emulator.apis.evi.chat_store import ChatStore
from emulator.apis.voices.voice_store import VoiceStore
from emulator.store.versioned import VersionedCollection


@dataclass(slots=True)
class Store:
    """Configs, prompts, tools, voices and chats of one account."""

    user_id: str
    configs: VersionedCollection = field(default_factory=VersionedCollection)
    prompts: VersionedCollection = field(default_factory=VersionedCollection)
    tools: VersionedCollection = field(default_factory=VersionedCollection)
    voices: VoiceStore = field(default_factory=VoiceStore)
    chats: ChatStore = field(default_factory=ChatStore)

    def fork(self) -> "Store":
        """An equal store, at no cost; changes on either side stay there."""
        return Store(
            self.user_id,
            self.configs.fork(),
            self.prompts.fork(),
            self.tools.fork(),
            self.voices.fork(),
            self.chats.fork(),
        )

    def same_as(self, fork: "Store") -> bool:
        """Whether neither has changed since one was forked from the other."""
        return (
            self.configs.same_as(fork.configs)
            and self.prompts.same_as(fork.prompts)
            and self.tools.same_as(fork.tools)
            and self.voices.same_as(fork.voices)
            and self.chats.same_as(fork.chats)
        )
