"""Text-to-speech's state in a world: the sounds that texts were given.

Generations are in the state of the voices, which are made of them.
"""

from base64 import b64decode, b64encode
from typing import Self

from emulator.audio.own_sound import OwnSound
from emulator.audio.wav import SAMPLE_BYTES
from emulator.jsontext import JsonObject
from emulator.store.overlay import Overlay
from emulator.world.reading import SnapshotReading
from emulator.world.state import ApiState


class TtsState(ApiState):
    """The sounds of texts that have one of their own, by the text."""

    api = "tts"

    def __init__(self) -> None:
        self.sounds: Overlay[str, OwnSound] = Overlay()

    def fork(self) -> Self:
        fork = type(self)()
        fork.sounds = self.sounds.fork()
        return fork

    def same_as(self, fork: Self) -> bool:
        return self.sounds.same_as(fork.sounds)

    def to_json(self) -> JsonObject:
        sounds = self.sounds.flat()
        return {
            "sounds": [
                {"text": text, "pcm": b64encode(each.pcm).decode()} for text, each in sounds.items()
            ]
        }

    @classmethod
    def from_json(cls, reading: SnapshotReading) -> Self:
        state = cls()
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
