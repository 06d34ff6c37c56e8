"""Text-to-speech's state in a world."""

from typing import Self

from emulator.jsontext import JsonObject
from emulator.world.reading import SnapshotReading
from emulator.world.state import ApiState


class TtsState(ApiState):
    """Nothing: generations, and the sounds of texts, are in the state of the voices."""

    api = "tts"

    def fork(self) -> Self:
        return type(self)()

    def same_as(self, fork: Self) -> bool:
        return True

    def to_json(self) -> JsonObject:
        return {}

    @classmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        return cls()
