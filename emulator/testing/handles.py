"""Parts of a world's handle: its journal, clock, webhooks and resources."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

from emulator.actions import add_fault, drain
from emulator.apis.evi.operations.versioned import VERSIONED
from emulator.apis.evi.state import EviState
from emulator.apis.evi.triggers import trigger
from emulator.apis.evi.webhooks import check_event_name
from emulator.errors import UsageError, ValidationFailed, closest
from emulator.faults.names import FaultNames
from emulator.faults.rules import FaultRule
from emulator.faults.table import DEFAULT_DELAY_MS, FaultMistake, check_fault
from emulator.journal.entries import KINDS, Entry
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject
from emulator.openapi.validation import Validation
from emulator.outgoing.outbox import PENDING
from emulator.redaction.values import hide_in_json
from emulator.store.paging import Paging
from emulator.store.versioned import VersionedCollection
from emulator.testing.bridge import Bridge
from emulator.testing.diagnosis import (
    ExpectationFailed,
    explain,
    matches,
    matches_entry,
    timeline,
)
from emulator.testing.tool_calls import unanswered_calls
from emulator.waiting import until
from emulator.world.world import World, is_held_back

DEFAULT_TIMEOUT_S = 1.0


class JournalHandle:
    """What happened: HTTP exchanges, frames, webhook attempts, clock moves, findings."""

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge

    def entries(self, kind: str | None = None, after: int = 0, **wanted: Any) -> list[JsonObject]:
        """Return the entries of a kind whose fields are as wanted, in order.

        Audio frames of a client that follow each other are one entry, with the field `run`.
        """
        _check_kind(kind)
        return self._bridge.call(lambda: self._list(kind, after, wanted))

    def timeline(self) -> str:
        """All entries, a line each."""
        return timeline(self.entries())

    def wait_for(
        self,
        kind: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_S,
        after: int = 0,
        **wanted: Any,
    ) -> JsonObject:
        """Wait for the first such entry. Raises ExpectationFailed after `timeout` s.

        Each audio frame counts by itself.
        """
        return self._bridge.run(self._wait_for(kind, timeout, after, wanted))

    async def await_for(
        self,
        kind: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_S,
        after: int = 0,
        **wanted: Any,
    ) -> JsonObject:
        """`wait_for` for async tests."""
        return await self._bridge.arun(self._wait_for(kind, timeout, after, wanted))

    async def _wait_for(
        self, kind: str | None, timeout: float, after: int, wanted: dict[str, Any]
    ) -> JsonObject:
        __tracebackhide__ = True
        _check_kind(kind)
        world = self._world
        found: list[JsonObject] = []
        looked = after  # up to this number: a client that talks wakes this 50 times a second

        def is_there() -> bool:
            nonlocal looked
            found[:] = self._find(kind, looked, wanted)
            looked = max(looked, world.journal.seq)
            return bool(found)

        if not await until(world.journal.watchers, is_there, timeout):
            fields = {"kind": kind, **wanted} if kind else wanted
            candidates = [
                (entry.seq, _plain_fields(entry, fields))
                for entry in world.journal.kept_singly(after, kind=kind)
            ]
            what = f"no journal entry within {timeout:g} s: {hide_in_json(fields)}"
            entries, hint = everything(world.journal), unanswered_calls(world)
            raise ExpectationFailed(explain(what, fields, candidates, entries, hint))
        return found[0]

    def _list(self, kind: str | None, after: int, wanted: dict[str, Any]) -> list[JsonObject]:
        self._world.journal.end_runs()
        return _fitting(wanted, self._world.journal.kept(after, kind=kind))

    def _find(self, kind: str | None, after: int, wanted: dict[str, Any]) -> list[JsonObject]:
        return _fitting(wanted, self._world.journal.kept_singly(after, kind=kind))


def _fitting(wanted: dict[str, Any], kept: Iterable[Entry]) -> list[JsonObject]:
    return [entry.to_json() for entry in kept if matches_entry(wanted, entry)]


def _plain_fields(entry: Entry, names: Iterable[str]) -> JsonObject:
    """Return the fields of these names that an entry has, with credentials."""
    kept = entry.fields()
    return {name: entry.plain(name, kept[name]) for name in names if name in kept}


def everything(journal: Journal) -> list[JsonObject]:
    """Return all entries, for a failure's timeline; runs of audio end with it."""
    journal.end_runs()
    return list(journal.entries())


class BridgedClock:
    """The world's clock for threads other than the server's."""

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge

    def now_ms(self) -> int:
        return self._bridge.call(self._world.clock.now_ms)


class ClockHandle:
    """The world's time."""

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge

    @property
    def now_ms(self) -> int:
        return self._bridge.call(self._world.clock.now_ms)

    @property
    def mode(self) -> str:
        """'system' while it runs, 'manual' while it stands."""
        return self._bridge.call(lambda: self._world.clock.mode)

    def freeze(self) -> None:
        self._bridge.call(self._world.freeze)

    def resume(self) -> None:
        self._bridge.call(self._world.resume)

    def advance(self, seconds: float = 0, minutes: float = 0, ms: int = 0) -> None:
        """Forward; everything that comes due has run, webhooks included, when this returns."""
        self._bridge.run(self._world.advance(_in_ms(seconds, minutes, ms)))

    async def aadvance(self, seconds: float = 0, minutes: float = 0, ms: int = 0) -> None:
        """`advance` for async tests."""
        await self._bridge.arun(self._world.advance(_in_ms(seconds, minutes, ms)))


def _in_ms(seconds: float, minutes: float, ms: int) -> int:
    """All of it in ms. Raises UsageError unless that is forward."""
    if not all(isinstance(each, int | float) and isfinite(each) for each in (seconds, minutes, ms)):
        raise UsageError(f"advance takes numbers, got {(seconds, minutes, ms)}")
    total_ms = round(seconds * 1000 + minutes * 60_000) + ms
    if total_ms <= 0:
        raise UsageError(f"advance goes forward, by seconds, minutes or ms; got {total_ms} ms")
    return total_ms


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        known = ", ".join(KINDS)
        raise UsageError(f"no journal entry is {kind!r}{closest(kind, KINDS)}; known: {known}")


class FaultsHandle:
    """What breaks in a world on request (docs/faults.md)."""

    def __init__(
        self, world: World, validation: Validation, names: FaultNames, bridge: Bridge
    ) -> None:
        self._world = world
        self._validation = validation
        self._names = names
        self._bridge = bridge

    def add(
        self,
        kind: str,
        fault: str,
        times: int | None = None,
        probability: float | None = None,
        **fields: Any,
    ) -> FaultRule:
        """From now on this breaks. Returns the rule, whose `used` counts.

        Raises UsageError for a fault, a field or a value that can't be.
        """
        given = {"times": times, "probability": probability, **fields}
        body = {"kind": kind, "fault": fault}
        body |= {name: value for name, value in given.items() if value is not None}
        try:
            return self._bridge.call(
                lambda: add_fault(self._world.faults, self._validation, self._names, body)
            )
        except ValidationFailed as error:
            [first, *_] = error.problems
            name = str(first.loc[1])
            raise FaultMistake(name, f"{name}: {first.msg}, got {body[name]!r}") from None

    def clear(self, kind: str | None = None) -> None:
        """No more faults, or none of a kind."""
        self._bridge.call(lambda: self._world.faults.clear(kind))

    def __iter__(self) -> Iterator[FaultRule]:
        """The rules, in the order in which they were added."""
        return iter(self._bridge.call(lambda: list(self._world.faults)))


class WebhooksHandle:
    """The world's webhooks."""

    def __init__(
        self, world: World, validation: Validation, faults: FaultsHandle, bridge: Bridge
    ) -> None:
        self._world = world
        self._validation = validation
        self._faults = faults
        self._bridge = bridge

    @property
    def deliveries(self) -> list[JsonObject]:
        """Return deliveries as GET /_emulator/webhooks/deliveries does, but with credentials."""
        return self._bridge.call(self._deliveries)

    def _deliveries(self) -> list[JsonObject]:
        return [delivery.to_json() for delivery in self._world.outbox.deliveries.values()]

    def drain(self, timeout: float = 5) -> int:
        """Wait until nothing is pending. Returns how many still are."""
        return self._bridge.run(self._drain(timeout))

    async def adrain(self, timeout: float = 5) -> int:
        """`drain` for async tests."""
        return await self._bridge.arun(self._drain(timeout))

    async def _drain(self, timeout: float) -> int:
        return await drain(self._world, timeout)

    def wait_for(
        self, event_name: str, timeout: float = DEFAULT_TIMEOUT_S, **wanted: Any
    ) -> JsonObject:
        """The first delivered event of that name with these fields. Raises ExpectationFailed."""
        return self._bridge.run(self._wait_for(event_name, timeout, wanted))

    async def await_for(
        self, event_name: str, timeout: float = DEFAULT_TIMEOUT_S, **wanted: Any
    ) -> JsonObject:
        """`wait_for` for async tests."""
        return await self._bridge.arun(self._wait_for(event_name, timeout, wanted))

    async def _wait_for(
        self, event_name: str, timeout: float, fields: dict[str, Any]
    ) -> JsonObject:
        __tracebackhide__ = True
        check_event_name(event_name)
        wanted = {"event_name": event_name, "state": "delivered", **fields}
        found: list[JsonObject] = []

        def is_there() -> bool:
            found[:] = [each for each in self._deliveries() if matches(wanted, each)]
            return bool(found)

        if not await until(self._world.outbox.watchers, is_there, timeout):
            candidates = [
                (None, {name: each.get(name) for name in wanted}) for each in self._deliveries()
            ]
            hint = "" if candidates else "no config of this world's chats subscribes to webhooks"
            hint = unanswered_calls(self._world) or hint
            what = f"no delivered webhook within {timeout:g} s: {hide_in_json(wanted)}"
            entries = everything(self._world.journal)
            raise ExpectationFailed(explain(what, wanted, candidates, entries, hint))
        return found[0]

    def trigger(
        self,
        event_name: str,
        url: str | None = None,
        chat_id: str | None = None,
        set: dict[str, Any] | None = None,
        faults: Sequence[str] = (),
        delay_ms: int = DEFAULT_DELAY_MS,
    ) -> JsonObject:
        """Send one event, and return its delivery once it is answered.

        Raises UsageError for an unknown event or fault, ApiError for a chat that does not exist
        or a field that can't be set.
        """
        given = (event_name, url, chat_id, set, faults, delay_ms)
        return self._bridge.run(self._trigger(*given))

    async def atrigger(
        self,
        event_name: str,
        url: str | None = None,
        chat_id: str | None = None,
        set: dict[str, Any] | None = None,
        faults: Sequence[str] = (),
        delay_ms: int = DEFAULT_DELAY_MS,
    ) -> JsonObject:
        """`trigger` for async tests."""
        given = (event_name, url, chat_id, set, faults, delay_ms)
        return await self._bridge.arun(self._trigger(*given))

    async def _trigger(
        self,
        event_name: str,
        url: str | None,
        chat_id: str | None,
        overrides: dict[str, Any] | None,
        faults: Sequence[str],
        delay_ms: int,
    ) -> JsonObject:
        check_event_name(event_name)
        for fault in faults:
            check_fault("webhook", fault)
        world, delays = self._world, dict.fromkeys(faults, delay_ms)
        delivery = trigger(world, self._validation, event_name, url, chat_id, overrides, delays)
        await until(
            world.outbox.watchers,
            lambda: delivery.state != PENDING or is_held_back(world),
            None,
        )
        return delivery.to_json()

    def misbehave(self, fault: str, **rule: Any) -> None:
        """From now on, webhooks have this fault (docs/webhooks.md)."""
        self._faults.add("webhook", fault, **rule)

    def behave(self) -> None:
        """No more faults."""
        self._faults.clear("webhook")


class Resources:
    """The configs, prompts or tools of a world, to look into: by id or by name."""

    def __init__(self, kind: str, world: World, bridge: Bridge) -> None:
        self._kind = VERSIONED[kind]
        self._world = world
        self._bridge = bridge

    def __getitem__(self, id_or_name: str) -> JsonObject:
        """The latest version, as REST shows it. Raises KeyError, with what there is."""
        resources = self._bridge.call(self._all)
        for resource in resources:
            if id_or_name.lower() == resource["id"] or id_or_name == resource["name"]:
                return resource
        names = ", ".join(repr(each["name"]) for each in resources) or "nothing"
        raise KeyError(f"no {self._kind.name} {id_or_name!r}; there is {names}")

    def __iter__(self) -> Iterator[JsonObject]:
        """The latest version of each, the oldest first."""
        return iter(self._bridge.call(self._all))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, id_or_name: object) -> bool:
        try:
            self[str(id_or_name)]
        except KeyError:
            return False
        return True

    def _all(self) -> list[JsonObject]:
        store = self._world.state(EviState)
        collection: VersionedCollection = getattr(store, self._kind.plural)
        everything = collection.page(Paging(size=sys.maxsize), latest_only=True).items
        return [self._kind.render(store, *row, False) for row in everything]
