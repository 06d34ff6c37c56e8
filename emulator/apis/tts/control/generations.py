"""Control routes of generations: what was said, and how it sounds."""

from emulator.apis.tts.errors import GENERATION_UNKNOWN
from emulator.apis.tts.generation import said_again
from emulator.apis.tts.media_types import file_type
from emulator.apis.tts.record import FORMATS, find_record, shown, sound_again, with_words
from emulator.apis.voices.state import VoicesState
from emulator.control import ControlCall, read_limit
from emulator.errors import Problem, ValidationFailed, api_error, closest
from emulator.jsontext import Json, JsonObject
from emulator.reply import Reply, iterate_in_threads


async def list_generations(call: ControlCall) -> Json:
    """Return the newest generations, the newest last."""
    limit = read_limit(call.parameters)
    generations = call.world.state(VoicesState).generations
    ids = generations.ids()[-limit if limit else None :]
    found = [generations.find(id) for id in ids]
    return {"generations": [shown(call.world, record) for record in found if record is not None]}


async def get_generation(call: ControlCall) -> Json:
    """Return one generation with its words. Raises ApiError."""
    record = _record(call)
    await said_again(call.world, record)
    return with_words(call.world, record)


async def get_generation_audio(call: ControlCall) -> Reply:
    """Return the sound of a generation, made again. Raises ApiError."""
    record, wanted = _record(call), call.parameters.get("format")
    if wanted is not None and wanted not in FORMATS:
        message = f"Input should be 'mp3', 'pcm' or 'wav'{closest(wanted, FORMATS)}"
        raise ValidationFailed([Problem(("query", "format"), message, "enum")])
    format = wanted or record["format"]
    await said_again(call.world, record)
    length, pieces = sound_again(call.world, record, format)
    media_type = file_type(call.world.settings, format)
    return Reply(iterate_in_threads(pieces), media_type, length=length)


def _record(call: ControlCall) -> JsonObject:
    id = call.parameters["generation_id"]
    record = find_record(call.world, id)
    if record is None:
        raise api_error(GENERATION_UNKNOWN, id=id)
    return record
