"""Worlds: everything that one API key sees."""

import asyncio
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from emulator.clock import LATEST_MS, WorldClock
from emulator.contract.findings import Finding
from emulator.contract.ledger import ClientLedger
from emulator.contract.webhooks import judge_attempt
from emulator.errors import CLOCK_TOO_LATE, api_error
from emulator.faults.chaos import read_chaos
from emulator.faults.rules import FaultRule, Faults
from emulator.ids import IdSource
from emulator.journal.entries import ClockEntry, FaultEntry
from emulator.journal.journal import Journal
from emulator.jsontext import Json
from emulator.outgoing.http_client import HttpClient
from emulator.outgoing.outbox import Outbox, Send, WebhookResult, send_nothing
from emulator.rate_limit import RateLimit
from emulator.settings import Settings
from emulator.store.stubs import Stub
from emulator.timers import Timers
from emulator.waiting import until
from emulator.world.snapshot import S, Seed, Snapshot, state_of
from emulator.world.state import ApiState
from emulator.world.work import PATIENCE_S, Job, Work

if TYPE_CHECKING:
    from emulator.audio.served import KeptSpeech

LONGEST_NAME = 200  # characters
MANUAL_START_MS = 1_735_689_600_000  # 1 January 2025, after all that the demo seed holds


class World:
    """Everything that one API key sees: its data, its time, its ids, its live chats, its webhooks.

    `reference` names the world where the key must not appear, such as in a signed URL.
    """

    def __init__(
        self,
        api_key: str,
        seed: Seed,
        settings: Settings,
        clock: WorldClock | None = None,
        send: Send = send_nothing,
        http: HttpClient | None = None,
    ) -> None:
        self.api_key = api_key
        self.name: str | None = None  # that a test or a user has given
        self.reference = hashlib.sha256(api_key.encode()).hexdigest()[:16]
        self.settings = settings
        self.seed = seed
        self.clock = clock or WorldClock()
        self._frozen_at_ms = MANUAL_START_MS if settings.clock == "manual" else None
        if clock is None:
            self.clock.reset(self._frozen_at_ms)
        self.timers = Timers(self.clock)
        self._moving = asyncio.Lock()
        self._send = send
        self.http = http or HttpClient()  # for what its APIs call, such as language models
        self.speech: KeptSpeech | None = None  # what its voice's server said of late
        self.ledger = ClientLedger()
        self.states: Mapping[str, ApiState] = {}
        self.is_owned = False  # True for a test's: it is dropped when the test ends, not before
        self.clients = 0  # that are connected: open WebSockets, waits for the journal
        self.looks = 0  # requests for control routes, which the journal does not have
        self._begin()

    def rename(self, name: str | None) -> None:
        """Give the world a name, by which people find it; a long one is cut off."""
        self.name = name[:LONGEST_NAME] if name else None

    def __repr__(self) -> str:
        return f"<World {self.reference}>"  # its key is a credential

    def use(self) -> object:
        """Return what is equal as long as nobody uses the world."""
        return id(self), self.journal.seq, self.looks

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Count a client that is connected meanwhile."""
        self.clients += 1
        try:
            yield
        finally:
            self.clients -= 1

    @property
    def is_under_way(self) -> bool:
        """True if a client is connected, or something will happen by itself."""
        is_due = self.timers.next_due_ms is not None
        return is_due or self.clients > 0 or self.outbox.pending > 0 or self.work.is_busy

    def state(self, kind: type[S]) -> S:
        """Return the state of one API."""
        return state_of(self.states, kind)

    def reset(self) -> None:
        """Return to the seed and to the wall clock; what is under way ends."""
        self.outbox.close()
        self.work.close()
        for state in self.states.values():
            state.close()
        self.timers.clear()
        self.clock.reset(self._frozen_at_ms)
        self._begin()
        self.journal.notify()

    def _begin(self) -> None:
        self.user_id = self.seed.user_id
        self.ids = IdSource(self.settings.random_seed)
        before = getattr(self, "journal", None)
        limit, most_bytes = self.settings.journal_limit, self.settings.journal_max_bytes
        self.journal = Journal(self.clock, limit, most_bytes, before)
        self.work = Work(self.clock, self.timers, self.journal)
        self.faults = self._new_faults()
        self.rate_limit = self._new_rate_limit()
        self.stubs: list[Stub] = []
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
            partial(
                _judge_webhook, self.ledger, self.journal, self.clock, self.settings.webhook_timeout
            ),
        )
        self._take_states(self.seed.states)

    def _take_states(self, states: Mapping[str, ApiState]) -> None:
        """Start over from forks of these states."""
        before, now_ms = self.states, self.clock.now_ms()
        self.states = {name: state.fork() for name, state in states.items()}
        for name, state in self.states.items():
            state.begin(self.seed.states[name], before.get(name), now_ms)

    def _new_rate_limit(self) -> RateLimit | None:
        most = self.settings.requests_per_second
        return None if most is None else RateLimit(most, self.clock)

    def _new_faults(self) -> Faults:
        faults = Faults(self.settings.random_seed, partial(_note_fault, self.journal))
        for rule in read_chaos(self.settings.chaos):
            faults.add(**rule)
        return faults

    # keeping and bringing back

    def snapshot(self) -> Snapshot:
        """Return all that the world remembers, without what is under way."""
        return Snapshot(
            self.user_id,
            {name: state.fork() for name, state in self.states.items()},
            self.ids.fork(),
            self.outbox.ids.fork(),
            self.clock.read(),
            self.faults.snapshot(),
            tuple(replace(stub) for stub in self.stubs),
            self.name,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a snapshot; what is under way ends."""
        self.reset()
        self.user_id = snapshot.user_id
        self.ids = snapshot.ids.fork()
        self.outbox.ids = snapshot.webhook_ids.fork()
        self.clock.write(snapshot.clock)
        self.rate_limit = self._new_rate_limit()
        self.faults.restore(snapshot.rules)
        self.stubs += [replace(stub) for stub in snapshot.stubs]
        self._take_states(snapshot.states)
        self.timers.on_change()

    def is_as_in(self, snapshot: Snapshot) -> bool:
        """True if nothing has changed since the snapshot was taken, or restored."""
        return (
            all(state.same_as(snapshot.states[name]) for name, state in self.states.items())
            and self.user_id == snapshot.user_id
            and self.ids.state() == snapshot.ids.state()
            and self.outbox.ids.state() == snapshot.webhook_ids.state()
            and self.clock.read() == snapshot.clock
            and tuple(self.faults) == snapshot.rules
            and tuple(self.stubs) == snapshot.stubs
            and self.name == snapshot.name
        )

    def use_seed(self, seed: Seed) -> None:
        """Start over from another seed."""
        seed.fork()  # folds what was added lately into what worlds share
        self.seed = seed
        self.reset()

    def scratch(self, states: Mapping[str, ApiState], ids: IdSource) -> "World":
        """Return a copy with these states and ids, to change and throw away."""
        scratch = copy(self)
        scratch.states, scratch.ids = states, ids
        return scratch

    # time

    def working(self, what: str, patience_s: float = PATIENCE_S) -> Job:
        """Return a job, which the clock waits for and which may wait for the clock (world/work)."""
        return self.work.begin(what, patience_s)

    def freeze(self) -> None:
        """Freeze the clock, until it is advanced or resumed."""
        self.clock.freeze()
        self._clock_changed("freeze")
        self.work.note_waits()

    def resume(self) -> None:
        """Let the clock run on from its frozen time."""
        self.clock.resume()
        self._clock_changed("resume")

    def advancing(self, ms: int, noted: bool = True) -> Iterator[None]:
        """Move the clock forward, stopping wherever something is due, after it has run.

        Raises ApiError (400) for a time that is too late for a date.
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
        if noted:
            self._clock_changed("advance", ms=ms)
        else:
            self.timers.on_change()

    async def advance(self, ms: int, noted: bool = True) -> None:
        """Move the clock forward, one caller at a time; deliveries and jobs end before each step.

        Retries of the deliveries then have timers, at which the clock stops; so does a job that
        waits for a later time. The journal has an entry of it if it is `noted`.
        """
        async with self._moving:
            work = self.work
            work.begin_move()
            try:
                await self._settle()
                for _ in self.advancing(ms, noted):
                    await self._settle()
            finally:
                work.end_move()

    async def _settle(self) -> None:
        outbox = self.outbox
        await self.work.rest()
        await until(outbox.watchers, lambda: outbox.in_flight == 0, None)

    def _clock_changed(self, action: str, ms: int | None = None) -> None:
        self.journal.add(ClockEntry(action=action, mode=self.clock.mode, ms=ms))
        self.timers.on_change()


# These functions take no World: if a world's parts held the world, it would be freed late.


def _note_fault(journal: Journal, rule: FaultRule, facts: Mapping[str, Json]) -> None:
    """Note what a fault struck; a time within the chat is shown as `chat_ms`."""
    entry_facts = {"chat_ms" if name == "at_ms" else name: fact for name, fact in facts.items()}
    journal.add(FaultEntry(rule=rule.id, of=rule.kind, fault=rule.fault, facts=entry_facts))


def _judge_webhook(
    ledger: ClientLedger,
    journal: Journal,
    clock: WorldClock,
    timeout_s: int,
    event_name: str,
    result: WebhookResult,
    faults: Collection[str],
) -> Sequence[Finding]:
    """Judge how a receiver took a webhook, whose journal entry will be the next one."""
    if result.is_good:
        ledger.use("webhooks", [event_name])
    findings = judge_attempt(result, faults, timeout_s)
    line = f"webhook {event_name} -> {result.status or 'no answer'}"
    ledger.add(f"webhook {event_name}", findings, journal.seq + 1, clock.now_ms(), line)
    return findings


def is_held_back(world: World) -> bool:
    """True if webhooks can't proceed before the clock moves: it is frozen, and nothing is due."""
    due_ms = world.timers.next_due_ms
    is_due = due_ms is not None and due_ms <= world.clock.now_ms()
    return world.clock.mode == "manual" and world.outbox.in_flight == 0 and not is_due
