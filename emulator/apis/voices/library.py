"""The voice library that ships with the emulator, and facts about library voices that it lacks."""

import uuid
from collections.abc import Sequence

from emulator.apis.voices.voice_store import HUME_AI
from emulator.jsontext import JsonObject
from emulator.resources import bundled, read_data

# Voices of EVI 1 and 2 that no list of the library has had. Ito and Kora are still in the library.
PRESETS = ("Aura", "Dacher", "Finn", "Stella", "Sunny", "Whimsy")

_ASSUMED_MODELS = ("1", "2")  # every voice serves both, if the service has reported its models
_FILE = "fixtures/voices.yaml"


def read_library() -> Sequence[JsonObject]:
    """Return the library's voices as REST lists them, in the order of the list."""
    return [_as_listed(voice) for voice in read_data(bundled(_FILE))]


def merged(library: Sequence[JsonObject], given: Sequence[JsonObject]) -> Sequence[JsonObject]:
    """Return the library with the given voices after it; given voices override the library's.

    A given library voice replaces the one with its name. A voice of the library is removed if a
    given voice has its id.
    """
    own = {voice["name"].casefold(): voice for voice in given if voice["provider"] == HUME_AI}
    ids = {voice["id"] for voice in given}
    kept = []
    for voice in library:
        replacement = own.pop(voice["name"].casefold(), None)
        if replacement is not None:
            kept.append(replacement)
        elif voice["id"] not in ids:
            kept.append(voice)
    return [*kept, *own.values(), *(voice for voice in given if voice["provider"] != HUME_AI)]


def own_voice_id(name: str) -> str:
    """Return the id that the emulator gives to a library voice whose real id is unknown.

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
