"""A world's faults, for tests."""

from collections.abc import Iterator
from typing import Any

from emulator.actions import add_fault
from emulator.errors import ValidationFailed
from emulator.faults.names import FaultNames
from emulator.faults.rules import FaultRule
from emulator.faults.table import FaultMistake
from emulator.handles.bridge import Bridge
from emulator.handles.tracebacks import is_on_purpose
from emulator.openapi.validation import Validation
from emulator.world.world import World

__tracebackhide__ = is_on_purpose


class FaultsHandle:
    """A test's handle on the faults of a world (docs/faults.md)."""

    def __init__(
        self, world: World, validation: Validation, names: FaultNames, bridge: Bridge
    ) -> None:
        self._world = world
        self._validation = validation
        self._names = names
        self._bridge = bridge

    def __repr__(self) -> str:
        return self._bridge.glance(
            lambda: f"<faults: {', '.join(map(repr, self._world.faults)) or 'none'}>"
        )

    def add(
        self,
        kind: str,
        fault: str,
        times: int | None = None,
        probability: float | None = None,
        **fields: Any,
    ) -> FaultRule:
        """Break something from now on. Returns the rule, whose `used` counts.

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
        """Remove all faults, or all of a kind."""
        self._bridge.call(lambda: self._world.faults.clear(kind))

    def __iter__(self) -> Iterator[FaultRule]:
        """Iterate over the rules, in the order in which they were added."""
        return iter(self._bridge.call(lambda: list(self._world.faults)))
