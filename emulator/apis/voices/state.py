"""The voices' state in a world."""

from typing import Self

from emulator.apis.voices.generations import GenerationStore, library_timbre
from emulator.apis.voices.voice_store import HUME_AI, VoiceStore
from emulator.jsontext import JsonObject
from emulator.store.overlay import Overlay
from emulator.world.reading import SnapshotReading
from emulator.world.state import ApiState


class VoicesState(ApiState):
    """The voice library, the custom voices of one account, and the generations they are made of."""

    api = "voices"

    def __init__(self) -> None:
        self.voices = VoiceStore()
        self.generations = GenerationStore()
        self.timbres: Overlay[str, str] = Overlay()  # of voices made of generations, by their id

    def timbre(self, voice: JsonObject) -> str:
        """Return how a voice sounds."""
        return self.timbres.get(voice["id"]) or library_timbre(
            self.voices.find(voice["id"]) or voice
        )

    def add_custom(self, voice: JsonObject, timbre: str) -> None:
        """Add a voice that sounds like a generation."""
        self.voices.add(voice)
        self.timbres[voice["id"]] = timbre

    def fork(self) -> Self:
        fork = type(self)()
        fork.voices = self.voices.fork()
        fork.generations = self.generations.fork()
        fork.timbres = self.timbres.fork()
        return fork

    def same_as(self, fork: Self) -> bool:
        return (
            self.voices.same_as(fork.voices)
            and self.generations.same_as(fork.generations)
            and self.timbres.same_as(fork.timbres)
        )

    def to_json(self) -> JsonObject:
        return {
            "voices": self.voices.all(),
            "timbres": self.timbres.flat(),
            "generations": self.generations.texts(),
        }

    @classmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        state = cls()
        for index, voice in enumerate(reading.content["voices"]):
            reading.check_new(voice["id"], ("voices", index, "id"))
            state.voices.add(voice)
        if not state.voices.names(HUME_AI):
            expected = f"expected a voice of the provider {HUME_AI}, got none"
            reading.mistake(("voices",), expected)
        for id, timbre in reading.content.get("timbres", {}).items():  # older files have none
            state.timbres[id] = timbre
        for index, generation in enumerate(reading.content.get("generations", ())):
            reading.check_new(generation["id"], ("generations", index, "id"))
            state.generations.add(generation)
        return state
