"""A world at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from emulator.faults.rules import FaultRule
from emulator.ids import IdSource
from emulator.store.stubs import Stub
from emulator.world.state import ApiState

S = TypeVar("S", bound=ApiState)


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot:
    """All that a world remembers, without what is under way.

    `clock` has how far the clock is ahead of the wall clock, and the time of a frozen one (ms).
    `name` is the world's own: a world that returns to the snapshot of another one keeps its name.
    """

    user_id: str
    states: Mapping[str, ApiState]  # by the names of their APIs
    ids: IdSource
    webhook_ids: IdSource
    clock: tuple[int, int | None]
    rules: tuple[FaultRule, ...]
    stubs: tuple[Stub, ...]
    name: str | None = None

    def __repr__(self) -> str:
        ahead_ms, frozen_ms = self.clock
        time = f"{ahead_ms / 1000:g} s ahead" if frozen_ms is None else f"frozen at {frozen_ms} ms"
        parts = f"{len(self.rules)} faults, {len(self.stubs)} stubs"
        return f"<Snapshot of a world ({', '.join(self.states)}): clock {time}, {parts}>"

    def state(self, kind: type[S]) -> S:
        """Return the state of one API."""
        return state_of(self.states, kind)


@dataclass(frozen=True, slots=True)
class Seed:
    """The data that worlds begin with: the account's id, and a state of each API."""

    user_id: str
    states: Mapping[str, ApiState]

    def state(self, kind: type[S]) -> S:
        """Return the state of one API."""
        return state_of(self.states, kind)

    def fork(self) -> "Seed":
        """Return an equal seed at no cost; from then on both share what was added lately."""
        return Seed(self.user_id, {name: state.fork() for name, state in self.states.items()})


def state_of(states: Mapping[str, ApiState], kind: type[S]) -> S:
    """Return the state of the API that `kind` belongs to."""
    state = states[kind.api]
    assert isinstance(state, kind)
    return state
