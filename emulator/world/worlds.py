"""Every world of a server."""

from collections.abc import Callable, Iterator

from emulator.clock import SystemClock
from emulator.contract.ledger import ClientLedger
from emulator.errors import TOO_MANY_WORLDS, api_error
from emulator.journal.entries import WorldEntry
from emulator.outgoing.http_client import HttpClient
from emulator.outgoing.outbox import Send, send_nothing
from emulator.settings import Settings
from emulator.world.snapshot import Seed
from emulator.world.world import World

_MOST_TOLD = 10_000  # expired worlds, of which the next world of their key tells
_WALL_CLOCK = SystemClock()


class Worlds:
    """Every world of a server, created when its key is first used."""

    def __init__(
        self,
        seed: Seed,
        settings: Settings | None = None,
        send: Send = send_nothing,
        on_create: Callable[[World], object] = lambda world: None,
    ) -> None:
        seed.fork()  # folds what was loaded into the base that worlds share, once
        self.seed = seed
        self._settings = settings or Settings()
        self._send = send
        self.http = HttpClient()  # of all worlds
        self._on_create = on_create
        self._worlds: dict[str, World] = {}
        self.others = ClientLedger()  # of callers without a world, and of dropped worlds
        self._by_reference: dict[str, World] = {}
        self.are_ending = False
        self._expired: dict[str, WorldEntry] = {}  # by reference: what the next world tells
        # Called with a world whose key is first used, and with one that is dropped.
        self.recall: Callable[[World], object] = lambda world: None
        self.forget: Callable[[World], object] = lambda world: None

    def __iter__(self) -> Iterator[World]:
        return iter(list(self._worlds.values()))

    def get(self, api_key: str) -> World:
        """Return the world of `api_key`. Raises ApiError (429) if it would be one too many."""
        world = self._worlds.get(api_key)
        return world if world is not None else self._first_use(api_key)

    def find(self, api_key: str) -> World | None:
        """Return the world of `api_key`, if there is one yet."""
        return self._worlds.get(api_key)

    def _first_use(self, api_key: str) -> World:
        most = self._settings.max_worlds
        if len(self._worlds) >= most:
            raise api_error(TOO_MANY_WORLDS, limit=most)
        world = self._new(api_key, self.seed, self._settings)
        self.recall(world)
        return self._add(world)

    def merged_ledger(self) -> ClientLedger:
        """Return one ledger with the findings and counts of all clients, of every world."""
        merged = ClientLedger()
        for ledger in self.ledgers():
            merged.merge(ledger)
        return merged

    def ledgers(self) -> list[ClientLedger]:
        """Return the ledger of every world, and that of all other callers."""
        return [self.others, *(world.ledger for world in self)]

    def clear_ledgers(self) -> None:
        """Clear the ledgers of every world, and the one of all other callers."""
        for ledger in self.ledgers():
            ledger.clear()

    def end_waits(self) -> None:
        """End all waits for journal entries, since the server is about to stop."""
        self.are_ending = True
        for world in self:
            world.journal.notify()

    def find_reference(self, reference: str) -> World | None:
        """Return the world of that reference, if there is one yet."""
        return self._by_reference.get(reference)

    def create(
        self,
        api_key: str,
        seed: Seed | None = None,
        settings: Settings | None = None,
        name: str | None = None,
    ) -> World:
        """Return a fresh world, with a seed, settings and a name of its own if given.

        If the key has a world already, all that is under way in that one ends; its name stays
        unless another is given.
        """
        before = self._worlds.get(api_key)
        if before is not None:
            told = before.journal.newest
            if isinstance(told, WorldEntry):  # it began for this request alone
                self._expired[before.reference] = told
            before.reset()
            self._keep_ledger(before)
        seed, settings = seed or self.seed, settings or self._settings
        world = self._new(api_key, seed, settings)
        world.rename(name or (None if before is None else before.name))
        return self._add(world)

    def _new(self, api_key: str, seed: Seed, settings: Settings) -> World:
        return World(api_key, seed, settings, None, self._send, self.http)

    def _add(self, world: World) -> World:
        self._worlds[world.api_key] = self._by_reference[world.reference] = world
        self._on_create(world)
        if (told := self._expired.pop(world.reference, None)) is not None:
            world.journal.add(told)
        return world

    def expire(self, world: World, idle_minutes: int) -> None:
        """Drop a world that nobody has used; the next world of its key tells so in its journal."""
        self.drop(world)
        if len(self._expired) >= _MOST_TOLD:
            del self._expired[next(iter(self._expired))]
        at_ms = _WALL_CLOCK.now_ms()
        self._expired[world.reference] = WorldEntry("expired", at_ms, idle_minutes, world.name)

    def drop(self, world: World) -> None:
        """Forget a world, with all that is under way in it; its key may have a newer one."""
        if self._worlds.get(world.api_key) is world:
            del self._worlds[world.api_key]
            del self._by_reference[world.reference]
            self.forget(world)
        world.reset()
        self._keep_ledger(world)

    def _keep_ledger(self, world: World) -> None:
        """Move the ledger of a dropped world into `others`; a second call adds nothing."""
        self.others.merge(world.ledger)
        world.ledger.clear()
