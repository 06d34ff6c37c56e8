"""The voices of the text-to-speech API, which configs name."""

from emulator.api import Call, Handlers
from emulator.apis.voices.errors import (
    FILTER_TAG_INVALID,
    GENERATION_NOT_FOUND,
    VOICE_NAME_TAKEN,
    VOICE_NAME_UNKNOWN,
)
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.voice_store import CUSTOM_VOICE
from emulator.errors import api_error
from emulator.jsontext import Json

HANDLERS = Handlers()
operation = HANDLERS.operation

_MOST_TOLD = 20
DESIGNED_MODELS = ("1", "2")  # a voice made of a generation works with both versions


@operation("list-voices")
def list_voices(call: Call) -> Json:
    tags = [_read_tag(text) for text in call.parameters["filter_tag"] or ()]
    page = call.world.state(VoicesState).voices.page(call.parameters["provider"], call.paging, tags)
    return {**page.to_json(), "voices_page": page.items}


def _read_tag(text: str) -> tuple[str, str]:
    tag, _, value = text.partition(":")
    if not tag or not value:
        raise api_error(FILTER_TAG_INVALID, got=text)
    return tag, value


@operation("create-voice")
def create_voice(call: Call) -> Json:
    state, name, id = call.world.state(VoicesState), call.body["name"], call.body["generation_id"]
    taken = state.voices.find_name(CUSTOM_VOICE, name)
    if taken is not None:
        raise api_error(VOICE_NAME_TAKEN, name=taken["name"], id=taken["id"])
    generation = state.generations.find(id)
    if generation is None:
        raise api_error(GENERATION_NOT_FOUND, id=id)
    voice = {"id": call.world.ids.uuid(), "name": name, "provider": CUSTOM_VOICE}
    models = {"compatible_octave_models": list(DESIGNED_MODELS)}
    state.add_custom({**voice, **models}, generation["utterances"][0]["timbre"])
    return voice


@operation("delete-voice")
def delete_voice(call: Call) -> Json:
    voices, name = call.world.state(VoicesState).voices, call.parameters["name"]
    voice = voices.find_name(CUSTOM_VOICE, name)
    if voice is None:
        known = ", ".join(voices.names(CUSTOM_VOICE)[:_MOST_TOLD]) or "none"
        raise api_error(VOICE_NAME_UNKNOWN, name=name, known=known)
    voices.remove(voice)
    return {}
