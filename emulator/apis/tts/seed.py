"""Text-to-speech's section of a seed file: generations."""

from collections.abc import Mapping

from emulator.apis.tts.request import Source, designed, new_record, read_request
from emulator.apis.tts.state import TtsState
from emulator.apis.voices.state import VoicesState
from emulator.errors import ApiError, Loc
from emulator.ids import derived_uuid
from emulator.jsontext import JsonObject
from emulator.world.seed import SeedLoading
from emulator.world.state import ApiState

_OPERATION = "synthesize-json"


def load(loading: SeedLoading) -> TtsState:
    """Load the generations into the state of the voices."""
    state = TtsState()
    loading.state(VoicesState)  # which generations name, and where they are kept
    for loc, item in loading.items("generations"):
        if loading.is_new(item["id"], loc):
            _load_generation(loading, state, item, loc)
    return state


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
    """Return nothing: generations are counted with the voices."""
    return {}
