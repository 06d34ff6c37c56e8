"""The voice library that ships, and what is known about library voices that it lacks."""

import uuid
from collections.abc import Sequence

from emulator.jsontext import JsonObject
from emulator.resources import bundled, read_data
from emulator.store.voices import HUME_AI

# Voices of EVI 1 and 2 that no list of the library has had. Ito and Kora live on in the library.
PRESETS = ("Aura", "Dacher", "Finn", "Stella", "Sunny", "Whimsy")

_ASSUMED_MODELS = ("1", "2")  # every voice whose models the service has reported serves both
_FILE = "fixtures/voices.yaml"


def read_library() -> Sequence[JsonObject]:
    """Return the library's voices as REST lists them, in the order of the list."""
    return [_as_listed(voice) for voice in read_data(bundled(_FILE))]


def own_voice_id(name: str) -> str:
    """Return the id that the emulator gives a library voice whose real one nobody knows.

    It depends on the name alone, and not on its capitals.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"evi-emulator/voices/{name.casefold()}"))


def _as_listed(voice: JsonObject) -> JsonObject:
    shown = {
        "id": voice["id"],
        "name": voice["name"],
        "provider": HUME_AI,
        "compatible_octave_models": voice.get("compatible_octave_models", list(_ASSUMED_MODELS)),
    }
    return {**shown, "tags": voice["tags"]} if "tags" in voice else shown
