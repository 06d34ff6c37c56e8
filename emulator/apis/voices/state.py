"""The voices' state in a world."""

from typing import Self

from emulator.apis.voices.voice_store import HUME_AI, VoiceStore
from emulator.jsontext import JsonObject
from emulator.world.reading import SnapshotReading
from emulator.world.state import ApiState


class VoicesState(ApiState):
    """The voice library, and the custom voices of one account."""

    api = "voices"

    def __init__(self) -> None:
        self.voices = VoiceStore()

    def fork(self) -> Self:
        fork = type(self)()
        fork.voices = self.voices.fork()
        return fork

    def same_as(self, fork: Self) -> bool:
        return self.voices.same_as(fork.voices)

    def to_json(self) -> JsonObject:
        return {"voices": self.voices.all()}

    @classmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        state = cls()
        for index, voice in enumerate(reading.content["voices"]):
            reading.check_new(voice["id"], ("voices", index, "id"))
            state.voices.add(voice)
        if not state.voices.names(HUME_AI):
            expected = f"expected a voice of the provider {HUME_AI}, got none"
            reading.mistake(("voices",), expected)
        return state
