"""`evi.expression`: what is measured in a world, and the runs that there were, for tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.apis.expression.run import LIVE, Run, with_events
from emulator.apis.expression.script import ScriptProblem, read_script
from emulator.apis.expression.state import ExpressionState
from emulator.errors import UsageError, closest
from emulator.handles.bridge import DEFAULT_TIMEOUT_S, Bridge
from emulator.handles.diagnosis import ExpectationFailed, everything, explain, matches, short_fields
from emulator.handles.leftovers import leftovers
from emulator.handles.tracebacks import is_on_purpose
from emulator.jsontext import JsonObject
from emulator.waiting import until
from emulator.world.world import World

__tracebackhide__ = is_on_purpose

_FIELDS = (
    "endpoint", "mode", "status", "events", "close_reason", "close_code", "metered_seconds",
    "bytes_received", "bytes_recorded", "config", "run_id", "user_id", "started_at", "ended_at",
)  # fmt: skip


class ExpressionHandle:
    """A test's handle on Expression Measurement in one world.

    Runs are dicts, as GET /_emulator/expression/runs has them. Each meets one expectation at most;
    those of the seed meet none.
    """

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge
        self._state: ExpressionState | None = None  # of which the `_met` runs don't count
        self._met = set[str]()

    def __repr__(self) -> str:
        return self._bridge.glance(lambda: f"<expression: {len(self._runs())} runs>")

    @property
    def runs(self) -> list[JsonObject]:
        """Return all runs, those of the seed too, the oldest first, each with its events."""
        return self._bridge.call(lambda: [self._shown(run) for run in self._runs().values()])

    def script(self, text: str) -> None:
        """Set what uploads and sessions measure that begin later, a statement a line.

        'speech from 98 ms to 26 s: joy 0.8, interest 0.4' says when somebody speaks and what that
        expresses; docs/expression.md has the rest. With an empty text, speech is found by its
        loudness again, and faces are made up. Raises UsageError for a line that can't be read.
        """
        try:
            script = read_script(text)
        except ScriptProblem as problem:
            raise UsageError(str(problem)) from None
        self._bridge.call(lambda: setattr(self._current(), "script", script))

    # what a test expects of the client

    def expect(
        self,
        endpoint: str | None = None,
        mode: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_S,
        **fields: Any,
    ) -> JsonObject:
        """Wait for the next run of this endpoint, mode and with these fields, and return it.

        `endpoint` is audio or video, `mode` realtime or file. A run counts once it is over, or
        while it is live if `status` is "live". `events` may be the kinds of its events, in order.
        Raises ExpectationFailed after `timeout` s, with the runs that there were instead;
        UsageError for a field that runs do not have.
        """
        return self._bridge.run(self._expect(endpoint, mode, timeout, fields))

    async def aexpect(
        self,
        endpoint: str | None = None,
        mode: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_S,
        **fields: Any,
    ) -> JsonObject:
        """Wait as `expect` does, in an async test."""
        return await self._bridge.arun(self._expect(endpoint, mode, timeout, fields))

    async def _expect(
        self, endpoint: str | None, mode: str | None, timeout: float, fields: Mapping[str, Any]
    ) -> JsonObject:
        _check_fields(fields)
        given = {"endpoint": endpoint, "mode": mode}
        wanted = {name: each for name, each in given.items() if each is not None} | dict(fields)
        if "events" in wanted:
            wanted["events"] = _events(wanted["events"])
        found: list[JsonObject] = []

        def is_there() -> bool:
            over = (run for run in self._new() if "status" in wanted or run["status"] != LIVE)
            found[:] = [run for run in over if matches(wanted, run)]
            return bool(found)

        if not await until(self._world.journal.watchers, is_there, timeout):
            self._fail(wanted, timeout)
        self._met.add(found[0]["run_id"])
        return found[0]

    def _new(self) -> list[JsonObject]:
        """Return the runs that count, the oldest first."""
        self._notice_a_reset()
        runs = self._runs()
        self._met &= runs.keys()
        return [self._shown(run) for id, run in runs.items() if id not in self._met]

    def _notice_a_reset(self) -> None:
        """Start over after the seed's runs if the world's state was replaced."""
        state = self._current()
        if self._state is not state:
            self._state = state
            self._met = set(self._world.seed.state(ExpressionState).runs)

    def _current(self) -> ExpressionState:
        return self._world.state(ExpressionState)

    def _runs(self) -> Mapping[str, Run]:
        return self._current().runs

    def _shown(self, run: Run) -> JsonObject:
        return with_events(run, self._world.clock.now_ms())

    def _fail(self, wanted: JsonObject, timeout: float) -> None:
        came = self._new()
        seeded = self._world.seed.state(ExpressionState).runs
        before = [
            self._shown(run)
            for id, run in self._runs().items()
            if id in self._met and id not in seeded
        ]
        hint = ""
        if any(matches(wanted, each) for each in before):
            hint = "such a run has met an earlier expectation"
        if any(matches(wanted, each) for each in came):
            hint = 'such a run is live; status="live" expects that'
        what = f"no run with {short_fields(wanted)} has ended within {timeout:g} s"
        told = wanted.keys() | {"endpoint", "mode", "status"}
        candidates = [
            (None, {name: each[name] for name in _FIELDS if name in told})
            for each in came or before
        ]
        entries, left = everything(self._world.journal), leftovers(self._world)
        raise ExpectationFailed(explain(what, wanted, candidates, entries, hint, left=left))


class _Kinds:
    """Equals all events whose kinds are these, in their order."""

    def __init__(self, kinds: Iterable[str]) -> None:
        self._kinds = list(kinds)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and [each["kind"] for each in other] == self._kinds

    def __repr__(self) -> str:
        return repr(self._kinds)


def _events(wanted: Any) -> Any:
    """Return what to compare events with: a list of kinds is short for them."""
    is_short = isinstance(wanted, list | tuple) and all(isinstance(each, str) for each in wanted)
    return _Kinds(wanted) if is_short else wanted


def _check_fields(fields: Iterable[str]) -> None:
    for name in fields:
        if name not in _FIELDS:
            known = ", ".join(_FIELDS)
            raise UsageError(f"no run has a field {name!r}{closest(name, _FIELDS)}; known: {known}")
