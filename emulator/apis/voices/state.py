"""The voices' state in a world."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Self

from emulator.apis.voices.generations import GenerationStore, library_timbre
from emulator.apis.voices.voice_store import HUME_AI, VoiceStore
from emulator.audio.own_sound import OwnSound
from emulator.audio.wav import SAMPLE_BYTES
from emulator.jsontext import JsonObject
from emulator.store.overlay import Overlay
from emulator.world.reading import SnapshotReading
from emulator.world.state import ApiState


class VoicesState(ApiState):
    """The voice library, the custom voices of one account, and the generations they are made of.

    It also keeps the sounds that texts were given, for every voice.
    """

    api = "voices"

    def __init__(self) -> None:
        self.voices = VoiceStore()
        self.generations = GenerationStore()
        self.timbres: Overlay[str, str] = Overlay()  # of voices made of generations, by their id
        self.sounds: Overlay[str, OwnSound] = Overlay()  # of texts that have one of their own

    def timbre(self, voice: JsonObject) -> str:
        """Return how a voice sounds."""
        return self.timbres.get(voice["id"]) or library_timbre(
            self.voices.find(voice["id"]) or voice
        )

    def add_custom(self, voice: JsonObject, timbre: str) -> None:
        """Add a voice that sounds like a generation."""
        self.voices.add(voice)
        self.timbres[voice["id"]] = timbre

    @property
    def has_sounds(self) -> bool:
        """True if any text has a sound of its own."""
        return bool(self.sounds)

    def add_sounds(self, sounds: Iterable[OwnSound]) -> None:
        """Give texts sounds of their own."""
        for each in sounds:
            self.sounds[each.text] = each

    def counts(self) -> Mapping[str, int]:
        return {"generations": self.generations.count}

    def fork(self) -> Self:
        fork = type(self)()
        fork.voices = self.voices.fork()
        fork.generations = self.generations.fork()
        fork.timbres = self.timbres.fork()
        fork.sounds = self.sounds.fork()
        return fork

    def same_as(self, fork: Self) -> bool:
        return (
            self.voices.same_as(fork.voices)
            and self.generations.same_as(fork.generations)
            and self.timbres.same_as(fork.timbres)
            and self.sounds.same_as(fork.sounds)
        )

    def to_json(self) -> JsonObject:
        return {
            "voices": self.voices.all(),
            "timbres": self.timbres.flat(),
            "sounds": [
                {"text": text, "pcm": b64encode(each.pcm).decode()}
                for text, each in self.sounds.flat().items()
            ],
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
        for index, each in enumerate(reading.content.get("sounds", ())):
            pcm = _pcm(each["pcm"])
            if not pcm or len(pcm) % SAMPLE_BYTES:
                expected = "expected 16-bit samples in base64, one or more"
                reading.mistake(("sounds", index, "pcm"), expected)
            state.sounds[each["text"]] = OwnSound(each["text"], pcm)
        return state


def _pcm(text: str) -> bytes:
    """Return the bytes of a base64 text, or none if it is no such text."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
