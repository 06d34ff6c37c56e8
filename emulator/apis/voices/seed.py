"""The voices of a seed file, and the sounds of texts."""

from collections.abc import Iterator, Mapping

from emulator.apis.voices.library import merged, read_library
from emulator.apis.voices.sounds import read_bytes_beside, read_sound
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.voice_store import CUSTOM_VOICE
from emulator.errors import Loc, UsageError
from emulator.jsontext import JsonObject
from emulator.store.paging import Paging
from emulator.world.seed import SeedLoading
from emulator.world.state import ApiState


def load(loading: SeedLoading) -> VoicesState:
    """Return the library, changed as the seed says, with the custom voices and sounds of texts."""
    state, names, given = VoicesState(), set[tuple[str, str]](), list[JsonObject]()
    for loc, voice in _voices(loading):
        if loading.is_new(voice["id"], loc) and _is_new_name(loading, names, voice, loc):
            given.append(voice)
    for voice in merged(read_library(), given):
        state.voices.add(voice)
    for index, item in enumerate(loading.file.content.get("sounds", ())):
        _load_sound(loading, state, item, ("sounds", index))
    return state


def _load_sound(loading: SeedLoading, state: VoicesState, item: JsonObject, loc: Loc) -> None:
    try:
        data = read_bytes_beside(loading.file.path, item["file"])
        state.add_sounds([read_sound(item["text"], data, item["file"])])
    except UsageError as error:
        loading.mistake((*loc, "file"), str(error))


def _voices(loading: SeedLoading) -> Iterator[tuple[Loc, JsonObject]]:
    for loc, voice in loading.items("voices"):
        tags = {tag.upper(): values for tag, values in voice.get("tags", {}).items()}
        more = {"tags": tags} if tags else {}
        yield loc, {**voice, "provider": voice.get("provider", CUSTOM_VOICE), **more}


def _is_new_name(
    loading: SeedLoading, names: set[tuple[str, str]], voice: JsonObject, loc: Loc
) -> bool:
    """True if no voice of its provider has the name; notes the mistake otherwise."""
    name = (voice["provider"], voice["name"].casefold())
    if name in names:
        loading.mistake((*loc, "name"), f"{voice['name']!r} is here twice")
        return False
    names.add(name)
    return True


def count(state: ApiState) -> Mapping[str, int]:
    """Return the numbers of custom voices, generations and sounds."""
    assert isinstance(state, VoicesState)
    voices = state.voices.page(CUSTOM_VOICE, Paging(size=1)).total
    generations, sounds = len(state.generations.ids()), len(state.sounds)
    return {"custom voices": voices, "generations": generations, "sounds": sounds}
