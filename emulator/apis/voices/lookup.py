"""Finds the voice that a config or an utterance names."""

from functools import lru_cache

from emulator.apis.voices.contract import unlisted
from emulator.apis.voices.errors import VOICE_AMBIGUOUS, VOICE_UNKNOWN
from emulator.apis.voices.library import own_voice_id
from emulator.apis.voices.state import VoicesState
from emulator.apis.voices.unlisted import is_voice_id, nearest_voice, refuses_unlisted
from emulator.apis.voices.voice_store import CUSTOM_VOICE, HUME_AI, VoiceStore
from emulator.contract.findings import Finding
from emulator.errors import ApiError, Loc, api_error
from emulator.jsontext import JsonObject, kept, read, render
from emulator.world.world import World

_SHOWN = ("id", "name", "provider", "compatible_octave_models")  # fields of a config's voice


def default_voice(voices: VoiceStore) -> JsonObject:
    """Return the voice of a config that names none, as configs show voices."""
    return _as_shown(voices.default)


def resolve_voice(
    world: World, reference: JsonObject, loc: Loc, findings: list[Finding]
) -> JsonObject:
    """Return the voice that is named at `loc`, as configs show voices. Raises ApiError.

    A library voice that the list lacks is made up, with a finding, unless the settings refuse it.
    """
    voice = find_voice(world.state(VoicesState).voices, reference)
    return _made_up(world, reference, loc, findings) if voice is None else _as_shown(voice)


def find_voice(voices: VoiceStore, reference: JsonObject) -> JsonObject | None:
    """Return the voice with the given id, name or both, or None.

    An id alone may belong to either provider; a name without a provider means a custom voice.
    Raises ApiError if id and name belong to two voices.
    """
    id, name = _text(reference, "id"), _text(reference, "name")
    provider = reference.get("provider")
    of_id = None if id is None else voices.find(id)
    if id is None or (of_id is None and name is not None):
        of_name = voices.find_name(provider or CUSTOM_VOICE, name or "")
        if id is not None and of_name is not None:
            if not _may_have(of_name, id):
                raise _differing(id, of_id, str(name), of_name)
            return {**of_name, "id": id}
        return of_name
    if of_id is None or provider not in (None, of_id["provider"]):
        return None
    if name is not None and name.casefold() != of_id["name"].casefold():
        raise _differing(id, of_id, name, voices.find_name(of_id["provider"], name))
    return of_id


def _may_have(voice: JsonObject, id: str) -> bool:
    """True if this can be the real id of a library voice whose id the emulator has made up."""
    is_own = voice["provider"] == HUME_AI and voice["id"] == own_voice_id(voice["name"])
    return is_own and is_voice_id(id)


def _text(reference: JsonObject, key: str) -> str | None:
    """Return a field's text, or None: the schema checks the type of only one of the two."""
    value = reference.get(key)
    return value if isinstance(value, str) else None


def _differing(
    id: str, of_id: JsonObject | None, name: str, of_name: JsonObject | None
) -> ApiError:
    return api_error(
        VOICE_AMBIGUOUS,
        id=id,
        of_id="no voice" if of_id is None else repr(of_id["name"]),
        name=name,
        of_name="no voice" if of_name is None else f"the voice {of_name['id']}",
    )


def _as_shown(voice: JsonObject) -> JsonObject:
    shown = {key: voice[key] for key in _SHOWN if key in voice}
    return _shown_once(kept(render(shown))) if shown["provider"] == HUME_AI else shown


@lru_cache(maxsize=256)
def _shown_once(text: bytes) -> JsonObject:
    """Return the one voice of this text that all configs share, since nobody changes it."""
    shown: JsonObject = read(text)
    return shown


def _made_up(world: World, reference: JsonObject, loc: Loc, findings: list[Finding]) -> JsonObject:
    """Return an unlisted library voice. Raises ApiError if no library voice can be meant."""
    voices = world.state(VoicesState).voices
    id, name = _text(reference, "id"), _text(reference, "name")
    key, value = ("name", name) if name is not None else ("id", str(id))
    provider = reference.get("provider", CUSTOM_VOICE)
    hint = _why_not(voices, reference, provider)
    if hint or not value or refuses_unlisted(world.settings):
        raise _unknown(
            key, value, reference, hint or _after_semicolon(nearest_voice(voices, value))
        )
    findings.append(unlisted(voices, (*loc, key), value))
    return {"id": id or own_voice_id(value), "name": value, "provider": HUME_AI}


def _unknown(key: str, value: str, reference: JsonObject, hint: str) -> ApiError:
    """Return the error about a voice that no provider has, or not the one that is meant."""
    provider = reference.get("provider", CUSTOM_VOICE)
    means_any = key == "id" and "provider" not in reference
    and_provider = "" if means_any else f" and the provider {provider}"
    end = "" if hint.endswith("?") else "."
    return api_error(
        VOICE_UNKNOWN, key=key, value=value, and_provider=and_provider, hint=hint + end
    )


def _after_semicolon(hint: str) -> str:
    return f"; {hint}" if hint else ""


def _why_not(voices: VoiceStore, reference: JsonObject, provider: str) -> str:
    """Return why a voice that was not found can't be the library's, or an empty text."""
    id, name = _text(reference, "id"), _text(reference, "name")
    if id is not None and not is_voice_id(id):
        return f"; an id is a UUID, and {id!r} is none (a name goes into 'name')"
    other = HUME_AI if provider == CUSTOM_VOICE else CUSTOM_VOICE
    found = find_voice(voices, {**reference, "provider": other})
    if found is not None:
        owner = "the library" if other == HUME_AI else "this account"
        verb = "use" if "provider" in reference else "add"
        return f"; {owner} has {found['name']!r}: {verb} provider: {other}"
    if provider == HUME_AI:
        return ""
    if name is None:
        return (
            "; neither this account nor the emulator's list of the library has it (for a library "
            "voice that the list lacks, add provider: HUME_AI)"
        )
    nearest = nearest_voice(voices, name, CUSTOM_VOICE)
    return _after_semicolon(nearest or "a library voice has provider: HUME_AI")
