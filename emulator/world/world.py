"""Worlds: everything that one API key sees."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from emulator.apis.evi.chat.script import Script
from emulator.apis.evi.store import Store
from emulator.clock import LATEST_MS, WorldClock
from emulator.contract.findings import Finding
from emulator.contract.ledger import Contract
from emulator.contract.webhooks import judge_attempt
from emulator.errors import CLOCK_TOO_LATE, TOO_MANY_WORLDS, api_error
from emulator.faults.chaos import read_chaos
from emulator.faults.rules import FaultRule, Faults
from emulator.ids import IdSource
from emulator.journal.entries import ClockEntry, FaultEntry
from emulator.journal.journal import Journal
from emulator.jsontext import Json
from emulator.outgoing.outbox import Outbox, Send, WebhookResult, send_nothing
from emulator.rate_limit import Allowance
from emulator.settings import Settings
from emulator.store.stubs import Stub
from emulator.timers import Timers
from emulator.waiting import until

if TYPE_CHECKING:
    from emulator.apis.evi.chat.channel import ChatEvent
    from emulator.apis.evi.chat.live import (
        LiveChat,  # whose import costs time that few need at the start
    )


MANUAL_START_MS = 1_735_689_600_000  # 1 January 2025, after all that the demo seed holds


class World:
    """What one API key sees: its data, its time, its ids, its live chats, its webhooks.

    `reference` tells worlds apart where the key must not show, such as in a signed URL.
    """

    def __init__(
        self,
        api_key: str,
        seed: Store,
        settings: Settings,
        clock: WorldClock | None = None,
        send: Send = send_nothing,
        script: Script | None = None,
    ) -> None:
        self.api_key = api_key
        self.reference = hashlib.sha256(api_key.encode()).hexdigest()[:16]
        self.settings = settings
        self.clock = clock or WorldClock()
        self._stand_at_ms = MANUAL_START_MS if settings.clock == "manual" else None
        if clock is None:
            self.clock.reset(self._stand_at_ms)
        self.timers = Timers(self.clock)
        self._moving = asyncio.Lock()
        self._seed = seed
        self._send = send
        self._script = script or Script()
        self.contract = Contract()
        # Told of each event of each chat, which is given by its id; they outlive resets.
        self.event_watchers: list[Callable[[str, ChatEvent], None]] = []
        self._begin()

    def reset(self) -> None:
        """Back to the seed and to the wall clock; whatever was under way is gone."""
        self.outbox.close()
        for live in list(self.live.values()):
            live.end()
        self.timers.clear()
        self.clock.reset(self._stand_at_ms)
        self._begin()
        self.journal.tell()

    def _begin(self) -> None:
        self.store = self._seed.fork()
        self.ids = IdSource(self.settings.random_seed)
        before = getattr(self, "journal", None)
        limit, most_bytes = self.settings.journal_limit, self.settings.journal_max_bytes
        self.journal = Journal(self.clock, limit, most_bytes, before)
        self.faults = self._new_faults()
        self.allowance = self._new_allowance()
        self.stubs: list[Stub] = []
        self.live: dict[str, LiveChat] = {}
        self.script = self._script.copy()  # what the assistant says in chats that come
        self.heard: deque[str] = deque()  # what users say in the audio that comes next
        random_seed = self.settings.random_seed
        self.outbox = Outbox(
            self.api_key,
            self.settings,
            self.clock,
            self.timers,
            IdSource(None if random_seed is None else f"webhooks/{random_seed}"),
            self.journal,
            self.faults,
            self._send,
            partial(_judge_webhook, self.contract, self.journal, self.settings.webhook_timeout),
        )

    def _new_allowance(self) -> Allowance | None:
        most = self.settings.requests_per_second
        return None if most is None else Allowance(most, self.clock)

    def _new_faults(self) -> Faults:
        faults = Faults(self.settings.random_seed, partial(_note_fault, self.journal))
        for rule in read_chaos(self.settings.chaos):
            faults.add(**rule)
        return faults

    # keeping and bringing back

    def snapshot(self) -> "Snapshot":
        """All that the world remembers, but for what is under way."""
        return Snapshot(
            self.store.fork(),
            self.ids.fork(),
            self.outbox.ids.fork(),
            self.clock.read(),
            self.script.copy(),
            tuple(self.live),
            self.faults.snapshot(),
            tuple(replace(stub) for stub in self.stubs),
            tuple(self.heard),
        )

    def restore(self, snapshot: "Snapshot") -> None:
        """As it was then; what is under way now is gone."""
        self.reset()
        self.store = snapshot.store.fork()
        self.ids = snapshot.ids.fork()
        self.outbox.ids = snapshot.webhook_ids.fork()
        if snapshot.script is not None:
            self.script = snapshot.script.copy()
        self.clock.write(snapshot.clock)
        self.allowance = self._new_allowance()
        self.faults.restore(snapshot.rules)
        self.stubs += [replace(stub) for stub in snapshot.stubs]
        self.heard.extend(snapshot.heard)
        for chat_id in snapshot.live:  # nobody is connected to them any more
            self.store.chats.end_chat(chat_id, "USER_ENDED", self.clock.now_ms())
        self.timers.on_change()

    def is_as_in(self, snapshot: "Snapshot") -> bool:
        """Whether nothing has changed since the snapshot was taken, or restored."""
        return (
            self.store.same_as(snapshot.store)
            and self.ids.state() == snapshot.ids.state()
            and self.outbox.ids.state() == snapshot.webhook_ids.state()
            and self.clock.read() == snapshot.clock
            and self.script == snapshot.script
            and tuple(self.live) == snapshot.live
            and tuple(self.faults) == snapshot.rules
            and tuple(self.stubs) == snapshot.stubs
            and tuple(self.heard) == snapshot.heard
        )

    def use_seed(self, seed: Store) -> None:
        """Begin again, from another seed."""
        seed.fork()
        self._seed = seed
        self.reset()

    # time

    def freeze(self) -> None:
        """The clock stands still, until it is advanced or resumes."""
        self.clock.freeze()
        self._clock_changed("freeze")

    def resume(self) -> None:
        """The clock runs on from where it stands."""
        self.clock.resume()
        self._clock_changed("resume")

    def forget_script(self) -> None:
        """The script is again the one that the world began with."""
        self.script = self._script.copy()

    def advancing(self, ms: int) -> Iterator[None]:
        """Move the clock forward, stopping wherever something is due, after it has run.

        Raises ApiError (400) for a time that no date can be of.
        """
        journal, target_ms = self.journal, self.clock.now_ms() + ms
        if target_ms > LATEST_MS:
            raise api_error(CLOCK_TOO_LATE, left_ms=LATEST_MS - self.clock.now_ms(), ms=ms)
        while (due_ms := self.timers.next_due_ms) is not None and due_ms <= target_ms:
            self.clock.move_to(due_ms)
            self.timers.run_due()
            yield
            if self.journal is not journal:
                return  # the world was reset meanwhile
        self.clock.move_to(target_ms)
        self._clock_changed("advance", ms=ms)

    async def advance(self, ms: int) -> None:
        """The same from an event loop: one at a time, and webhooks come to their end in between.

        They may be retried, and so have more to do before time goes on.
        """
        async with self._moving:
            await self._settle()
            for _ in self.advancing(ms):
                await self._settle()

    async def _settle(self) -> None:
        outbox = self.outbox
        await until(outbox.watchers, lambda: outbox.in_flight == 0, None)

    def _clock_changed(self, action: str, ms: int | None = None) -> None:
        self.journal.add(ClockEntry(action=action, mode=self.clock.mode, ms=ms))
        self.timers.on_change()


# These know no world: what a world holds must not hold it, or it would be freed late.


def _note_fault(journal: Journal, rule: FaultRule, facts: Mapping[str, Json]) -> None:
    """Note what a fault struck; a time within the chat is shown as `chat_ms`."""
    told = {"chat_ms" if name == "at_ms" else name: fact for name, fact in facts.items()}
    journal.add(FaultEntry(rule=rule.id, of=rule.kind, fault=rule.fault, facts=told))


def _judge_webhook(
    contract: Contract,
    journal: Journal,
    timeout_s: int,
    event_name: str,
    result: WebhookResult,
    faults: Collection[str],
) -> Sequence[Finding]:
    """Judge how a receiver took a webhook, whose entry in the journal will be the next one."""
    if result.is_good:
        contract.use("webhooks", [event_name])
    findings = judge_attempt(result, faults, timeout_s)
    contract.add(f"webhook {event_name}", findings, journal.seq + 1)
    return findings


def is_held_back(world: World) -> bool:
    """Whether webhooks can't move until its clock does: it stands, and nothing is due."""
    due_ms = world.timers.next_due_ms
    is_due = due_ms is not None and due_ms <= world.clock.now_ms()
    return world.clock.mode == "manual" and world.outbox.in_flight == 0 and not is_due


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A world at one moment."""

    store: Store
    ids: IdSource
    webhook_ids: IdSource
    clock: tuple[int, int | None]
    script: Script | None  # None: the one that the world began with
    live: tuple[str, ...]
    rules: tuple[FaultRule, ...]
    stubs: tuple[Stub, ...]
    heard: tuple[str, ...]


class Worlds:
    """Every world of a server, created when its key is first used."""

    def __init__(
        self,
        seed: Store,
        settings: Settings | None = None,
        send: Send = send_nothing,
        on_create: Callable[[World], object] = lambda world: None,
        script: Script | None = None,
    ) -> None:
        seed.fork()  # folds what was loaded into the base that worlds share, once
        self._seed = seed
        self._settings = settings or Settings()
        self._send = send
        self._on_create = on_create
        self._script = script
        self._worlds: dict[str, World] = {}
        self.others = Contract()  # of callers without a world, and of worlds that are forgotten
        self._by_reference: dict[str, World] = {}
        self.are_ending = False
        # Told of a world whose key is used for the first time, and of one that is forgotten.
        self.recall: Callable[[World], object] = lambda world: None
        self.forget: Callable[[World], object] = lambda world: None

    def __iter__(self) -> Iterator[World]:
        return iter(list(self._worlds.values()))

    def get(self, api_key: str) -> World:
        """The world of `api_key`. Raises ApiError (429) if it would be one too many."""
        world = self._worlds.get(api_key)
        return world if world is not None else self._first_use(api_key)

    def find(self, api_key: str) -> World | None:
        """Return the world of `api_key`, if there is one yet."""
        return self._worlds.get(api_key)

    def _first_use(self, api_key: str) -> World:
        most = self._settings.max_worlds
        if len(self._worlds) >= most:
            raise api_error(TOO_MANY_WORLDS, limit=most)
        world = self._new(api_key, self._seed, self._settings, self._script)
        self.recall(world)
        return self._add(world)

    def contract(self) -> Contract:
        """What all clients have shown, of every world."""
        merged = Contract()
        for contract in (self.others, *(world.contract for world in self)):
            merged.merge(contract)
        return merged

    def clear_contracts(self) -> None:
        """All of it begins anew."""
        for contract in (self.others, *(world.contract for world in self)):
            contract.clear()

    def end_waits(self) -> None:
        """The server is about to stop: nobody waits for a journal any longer."""
        self.are_ending = True
        for world in self:
            world.journal.tell()

    def find_reference(self, reference: str) -> World | None:
        """The world of that reference, if there is one yet."""
        return self._by_reference.get(reference)

    def create(
        self,
        api_key: str,
        seed: Store | None = None,
        settings: Settings | None = None,
        script: Script | None = None,
    ) -> World:
        """A fresh world, with a seed, settings and a script of its own if given.

        If the key has a world already, all that is under way in that one ends.
        """
        before = self._worlds.get(api_key)
        if before is not None:
            before.reset()
            self._keep_contract(before)
        seed, settings = seed or self._seed, settings or self._settings
        return self._add(self._new(api_key, seed, settings, script or self._script))

    def _new(self, api_key: str, seed: Store, settings: Settings, script: Script | None) -> World:
        return World(api_key, seed, settings, None, self._send, script)

    def _add(self, world: World) -> World:
        self._worlds[world.api_key] = self._by_reference[world.reference] = world
        self._on_create(world)
        return world

    def drop(self, world: World) -> None:
        """Forget a world, with all that is under way in it; its key may have a newer one."""
        if self._worlds.get(world.api_key) is world:
            del self._worlds[world.api_key]
            del self._by_reference[world.reference]
            self.forget(world)
        world.reset()
        self._keep_contract(world)

    def _keep_contract(self, world: World) -> None:
        """What its clients have shown, of a world that is forgotten, perhaps more than once."""
        self.others.merge(world.contract)
        world.contract.clear()
