"""Text-to-speech's control routes: generations, their sound, and sounds of texts."""

from pathlib import Path

from emulator.apis.tts.control.generations import (
    get_generation,
    get_generation_audio,
    list_generations,
)
from emulator.apis.tts.control.sounds import delete_sounds, list_sounds, set_sound
from emulator.control import ControlRoute, ControlRoutes
from emulator.openapi.parts import Part

_GENERATIONS = "/_emulator/tts/generations"
_GENERATION = f"{_GENERATIONS}/{{generation_id}}"
_SOUNDS = "/_emulator/tts/sounds"

CONTROL = ControlRoutes(
    Part(Path(__file__).with_name("openapi.yaml")),
    (
        ControlRoute("GET", _GENERATIONS, "list-generations", list_generations),
        ControlRoute("GET", _GENERATION, "get-generation", get_generation),
        ControlRoute("GET", f"{_GENERATION}/audio", "get-generation-audio", get_generation_audio),
        ControlRoute("GET", _SOUNDS, "list-sounds", list_sounds),
        ControlRoute("POST", _SOUNDS, "set-sound", set_sound, takes_body=True),
        ControlRoute("DELETE", _SOUNDS, "delete-sounds", delete_sounds),
    ),
)
