"""Counts of all that happens in a soak, and the figures beside their aims."""

from collections import Counter
from dataclasses import dataclass, field

from emulator.jsontext import JsonObject

MOST_EXAMPLES = 10
FIRST_S = 60
_DONE = (
    "requests", "chats", "chats_with_sound", "simulations", "speeches", "speech_sockets", "calls",
    "worlds", "webhooks", "resets",
)  # fmt: skip


@dataclass
class Report:
    """Counts of what happened; bounded, however long it takes."""

    done: Counter[str] = field(default_factory=Counter)
    asked_for: Counter[str] = field(default_factory=Counter)  # faults that struck
    seen: Counter[str] = field(default_factory=Counter)  # what clients saw of them
    unexpected: int = 0
    examples: list[str] = field(default_factory=list)
    samples: list[tuple[float, float]] = field(default_factory=list)  # seconds, and MiB
    after: float = 0  # MiB, once all worlds are deleted
    idle: float = 0  # MiB of a server that has used each lazy part once

    def blame(self, what: str) -> None:
        self.unexpected += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(what)

    @property
    def first(self) -> float:
        """Return the most in the first minute (MiB)."""
        return max(mebibytes for at_s, mebibytes in self.samples if at_s <= FIRST_S)

    @property
    def later(self) -> float:
        """Return the most after the first minute (MiB)."""
        later = [mebibytes for at_s, mebibytes in self.samples if at_s > FIRST_S]
        return max(later, default=self.first)

    def to_json(self, minutes: float) -> JsonObject:
        """Return what the picture and the page show."""
        return {
            "minutes": minutes,
            "done": {name: self.done[name] for name in _DONE},
            "faults": self.asked_for.total(),
            "unexpected": self.unexpected,
            "first": round(self.first, 1),
            "later": round(self.later, 1),
            "after": round(self.after, 1),
            "idle": round(self.idle, 1),
            "samples": [[round(at_s), round(mebibytes, 1)] for at_s, mebibytes in self.samples],
        }

    def show(self) -> None:
        for name in _DONE:
            print(f"  {name:18} {self.done[name]:8,}")
        print("faults that were asked for:")
        for fault, number in sorted(self.asked_for.items()):
            print(f"  {fault:24} {number:6,}")
        print("what clients saw of them:")
        for error, number in sorted(self.seen.items()):
            print(f"  {error:40} {number:6,}")
        print(
            f"memory (MiB): at most {self.first:.0f} in the first minute, {self.later:.0f} later; "
            f"{self.after:.0f} once all worlds were deleted, {self.idle:.0f} in an idle server"
        )
        print(f"unexpected: {self.unexpected}")
        for example in self.examples:
            print(f"  {example}")
