"""The state of an API: worlds, seeds and snapshots each hold one of every API."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, NamedTuple, Self, TypeAlias

from emulator.jsontext import JsonObject
from emulator.world.reading import SnapshotReading

Rows: TypeAlias = Iterator[bytes]  # JSON texts, which a document has as a list


class Leftover(NamedTuple):
    """Something that was set up for nothing (a stub, rule or fault), or a turn that met no rule."""

    kind: str  # stub, rule, fault or turn
    message: str


class ApiState(ABC):
    """All that one API remembers in a world, in a seed, or in a snapshot.

    A state has no I/O and no clock. What is under way (a live chat) belongs to a world's state
    alone: a fork remembers only that there was such a chat.
    """

    api: ClassVar[str]  # the API's name, by which a world finds its state

    @abstractmethod
    def fork(self) -> Self:
        """Return an equal state at no cost; changes on either side stay there."""

    @abstractmethod
    def same_as(self, fork: Self) -> bool:
        """True if neither has changed since one was forked from the other."""

    def begin(  # noqa: B027 - most states have nothing to do then
        self, first: Self, before: Self | None, now_ms: int
    ) -> None:
        """Become the state of a world whose seed has `first`, at a time of its clock.

        It takes the place of the state `before`, if there was one.
        """

    def close(self) -> None:  # noqa: B027 - most states have nothing to end
        """End what is under way, since the world is reset or forgotten."""

    def counts(self) -> Mapping[str, int]:
        """Return how many of its resources there are, by their name, without counting them now."""
        return {}

    def leftovers(self) -> Iterable[Leftover]:
        """Return what was set up for nothing, which may be why a test fails."""
        return ()

    @abstractmethod
    def to_json(self) -> JsonObject:
        """Return the state as keys of a snapshot's document, which no other API may use.

        A value may be `Rows`: long lists are written last, piece by piece.
        """

    @classmethod
    @abstractmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        """Return the state in a document; notes mistakes in `reading`."""
