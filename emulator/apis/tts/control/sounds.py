"""Control routes of texts that have a sound of their own."""

import asyncio
import binascii
from base64 import b64decode

from emulator.apis.tts.errors import SOUND_UNKNOWN, SOUND_UNREADABLE
from emulator.apis.voices.sounds import read_sound
from emulator.apis.voices.state import VoicesState
from emulator.audio.own_sound import OwnSound
from emulator.audio.timbre import SAMPLE_RATE
from emulator.control import ControlCall
from emulator.errors import Problem, UsageError, ValidationFailed, api_error, closest
from emulator.jsontext import Json, JsonObject


async def list_sounds(call: ControlCall) -> Json:
    """Return the texts, each with the duration of its sound."""
    return {
        "sounds": [_shown(each) for each in call.world.state(VoicesState).sounds.flat().values()]
    }


async def set_sound(call: ControlCall) -> Json:
    """Give a text the sound of a file. Raises ApiError."""
    data = _decoded(call.body["audio"])
    try:
        sound = await asyncio.to_thread(read_sound, call.body["text"], data, "The audio")
    except UsageError as error:
        raise api_error(SOUND_UNREADABLE, problem=error) from None
    call.world.state(VoicesState).sounds[sound.text] = sound
    return _shown(sound)


async def delete_sounds(call: ControlCall) -> Json:
    """Take the sound of the text in the query away, or all. Raises ApiError."""
    state, text = call.world.state(VoicesState), call.parameters.get("text")
    if text is None:
        state.sounds.clear()
    elif text.strip() in state.sounds:
        del state.sounds[text.strip()]
    else:
        known = closest(text, list(state.sounds))
        raise api_error(SOUND_UNKNOWN, got=text, hint=known)
    return None


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        problem = Problem(("body", "audio"), f"Input should be base64: {error}", "base64")
        raise ValidationFailed([problem]) from None


def _shown(sound: OwnSound) -> JsonObject:
    return {"text": sound.text, "duration": sound.samples / SAMPLE_RATE}
