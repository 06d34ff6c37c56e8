"""Stubs: answers that an operation gives instead of its handler's."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.jsontext import Json, JsonObject


@dataclass(slots=True)
class Stub:
    """The answer of an operation to its next `times` calls, or to all of them if that is None."""

    id: str
    operation: str
    status: int
    body: Json
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = 1
    used: int = 0

    @property
    def is_used_up(self) -> bool:
        return self.times is not None and self.used >= self.times

    @property
    def is_unused(self) -> bool:
        """True if calls are still owed: fewer than `times` came, or none at all."""
        return self.used < (self.times or 1)

    def to_json(self) -> JsonObject:
        return {
            "id": self.id,
            "operation": self.operation,
            "status": self.status,
            "body": self.body,
            "headers": dict(self.headers),
            "times": self.times,
            "used": self.used,
        }


def take_stub(stubs: list[Stub], operation: str) -> Stub | None:
    """Return the first stub for an operation that is not used up, and count the use."""
    for stub in stubs:
        if stub.operation == operation and not stub.is_used_up:
            stub.used += 1
            return stub
    return None
