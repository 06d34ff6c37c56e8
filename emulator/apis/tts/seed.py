"""Text-to-speech's section of a seed file: generations, and sounds of texts."""

from collections.abc import Mapping

from emulator.apis.tts.request import Source, designed, new_record, read_request
from emulator.apis.tts.state import TtsState
from emulator.apis.voices.state import VoicesState
from emulator.errors import ApiError, Loc, UsageError
from emulator.ids import derived_uuid
from emulator.jsontext import JsonObject
from emulator.world.seed import SeedLoading
from emulator.world.state import ApiState

_OPERATION = "synthesize-json"


def load(loading: SeedLoading) -> TtsState:
    """Load the sounds, and the generations into the state of the voices."""
    state = TtsState()
    loading.state(VoicesState)  # which generations name, and where they are kept
    for index, item in enumerate(loading.file.content.get("sounds", ())):
        _load_sound(loading, state, item, ("sounds", index))
    for loc, item in loading.items("generations"):
        if loading.is_new(item["id"], loc):
            _load_generation(loading, state, item, loc)
    return state


def _load_sound(loading: SeedLoading, state: TtsState, item: JsonObject, loc: Loc) -> None:
    from emulator.apis.tts.sounds import read_sound  # with decoders; few seeds have sounds

    path = loading.file.path.parent / item["file"]
    try:
        sound = read_sound(item["text"], path.read_bytes(), item["file"])
    except (OSError, UsageError) as error:
        loading.mistake((*loc, "file"), str(error))
    else:
        state.sounds[sound.text] = sound


def _load_generation(loading: SeedLoading, state: TtsState, item: JsonObject, loc: Loc) -> None:
    world = loading.world_at(item["created_on"], loc, state)
    body = {key: value for key, value in item.items() if key not in ("id", "created_on")}
    request_id = derived_uuid(*loc, "request")
    try:
        request = read_request(Source(world, [], streams=False, loc=loc), body)
    except ApiError as error:
        loading.mistake(loc, str(error.body["message"]))
        return
    spoken = designed(request.utterances, 0)
    record = new_record(world, item["id"], request_id, request, spoken, 0, _OPERATION)
    world.state(VoicesState).generations.add(record)


def count(state: ApiState) -> Mapping[str, int]:
    """Return the number of sounds; generations are counted with the voices."""
    assert isinstance(state, TtsState)
    return {"sounds": len(state.sounds)}
