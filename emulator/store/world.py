"""Worlds: everything that one API key sees."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.clock import Clock, SystemClock
from emulator.ids import IdSource
from emulator.store.chats import ChatStore
from emulator.store.versioned import VersionedCollection
from emulator.store.voices import VoiceStore


@dataclass(slots=True)
class Store:
    """All data of one world, or of a seed."""

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


class World:
    """What one API key sees: its data, its clock, its ids.

    `reference` tells worlds apart where the key must not show, such as in a signed URL.
    """

    def __init__(self, api_key: str, seed: Store, clock: Clock, random_seed: int | None) -> None:
        self.api_key = api_key
        self.reference = hashlib.sha256(api_key.encode()).hexdigest()[:16]
        self.clock = clock
        self._seed = seed
        self._random_seed = random_seed
        self.reset()

    def reset(self) -> None:
        """Back to the seed."""
        self.store = self._seed.fork()
        self.ids = IdSource(self._random_seed)


class Worlds:
    """Every world of a server, created when its key is first used."""

    def __init__(
        self,
        seed: Store,
        random_seed: int | None = None,
        new_clock: Callable[[], Clock] = SystemClock,
    ) -> None:
        seed.fork()  # folds what was loaded into the base that worlds share, once
        self._seed = seed
        self._random_seed = random_seed
        self._new_clock = new_clock
        self._worlds: dict[str, World] = {}
        self._by_reference: dict[str, World] = {}

    def get(self, api_key: str) -> World:
        """The world of `api_key`."""
        world = self._worlds.get(api_key)
        return world if world is not None else self._create(api_key)

    def find_reference(self, reference: str) -> World | None:
        """The world of that reference, if there is one yet."""
        return self._by_reference.get(reference)

    def _create(self, api_key: str) -> World:
        world = World(api_key, self._seed, self._new_clock(), self._random_seed)
        self._worlds[api_key] = self._by_reference[world.reference] = world
        return world
