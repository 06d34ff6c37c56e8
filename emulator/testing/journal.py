"""A world's journal, for tests: what happened."""

from collections.abc import Callable, Iterable
from typing import Any

from emulator.errors import UsageError, closest
from emulator.handles.bridge import DEFAULT_TIMEOUT_S, Bridge
from emulator.handles.diagnosis import (
    ExpectationFailed,
    everything,
    explain,
    matches_entry,
)
from emulator.handles.leftovers import leftovers, whole_timeline
from emulator.handles.tracebacks import is_on_purpose
from emulator.journal.entries import KINDS, Entry
from emulator.jsontext import JsonObject
from emulator.redaction.values import hide_in_json
from emulator.waiting import until
from emulator.world.world import World

__tracebackhide__ = is_on_purpose


class JournalHandle:
    """The journal for a test: HTTP exchanges, frames, webhook attempts, clock moves, findings.

    `hint` says, in the server's loop, what may keep a client from going on; "" if nothing does.
    """

    def __init__(self, world: World, hint: Callable[[], str], bridge: Bridge) -> None:
        self._world = world
        self._hint = hint
        self._bridge = bridge

    def __repr__(self) -> str:
        return self._bridge.glance(lambda: f"<journal with {self._world.journal.seq} entries>")

    def entries(self, kind: str | None = None, after: int = 0, **wanted: Any) -> list[JsonObject]:
        """Return the entries of a kind whose fields are as wanted, in order.

        Audio frames of a client that follow each other are one entry, with the field `run`.
        """
        _check_kind(kind)
        return self._bridge.call(lambda: self._list(kind, after, wanted))

    def timeline(self) -> str:
        """Return all entries, a line each, and what was set up for nothing."""
        return self._bridge.call(lambda: whole_timeline(self._world))

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
        """Wait as `wait_for` does, in an async test."""
        return await self._bridge.arun(self._wait_for(kind, timeout, after, wanted))

    async def _wait_for(
        self, kind: str | None, timeout: float, after: int, wanted: dict[str, Any]
    ) -> JsonObject:
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
            entries = everything(world.journal)
            left = leftovers(world)
            told = explain(what, fields, candidates, entries, self._hint(), left=left)
            raise ExpectationFailed(told)
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


def _check_kind(kind: str | None) -> None:
    if kind is not None and kind not in KINDS:
        known = ", ".join(KINDS)
        raise UsageError(f"no kind of journal entry {kind!r}{closest(kind, KINDS)}; known: {known}")
