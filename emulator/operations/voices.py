"""The voices of the text-to-speech API, which configs name (PROTOCOL 14)."""

from emulator.errors import (
    VOICE_NAME_UNKNOWN,
    VOICE_UNKNOWN,
    Problem,
    ValidationFailed,
    api_error,
    closest,
)
from emulator.jsontext import Json, JsonObject
from emulator.operations.registry import Call, operation
from emulator.store.voices import CUSTOM_VOICE, HUME_AI, VoiceStore


@operation("list-voices")
def list_voices(call: Call) -> Json:
    page = call.world.store.voices.page(call.parameters["provider"], call.paging)
    return {**page.to_json(), "voices_page": page.items}


@operation("create-voice")
def create_voice(call: Call) -> Json:
    voices, name = call.world.store.voices, call.body["name"]
    if voices.find_name(CUSTOM_VOICE, name) is not None:
        taken = Problem(("body", "name"), f"A custom voice named {name!r} exists", "value_error")
        raise ValidationFailed([taken])
    voice = {"id": call.world.ids.uuid(), "name": name, "provider": CUSTOM_VOICE}
    voices.add(voice)
    return voice


@operation("delete-voice")
def delete_voice(call: Call) -> Json:
    voices, name = call.world.store.voices, call.parameters["name"]
    voice = voices.find_name(CUSTOM_VOICE, name)
    if voice is None:
        known = ", ".join(voices.names(CUSTOM_VOICE)) or "none"
        raise api_error(VOICE_NAME_UNKNOWN, name=name, known=known)
    voices.remove(voice)
    return {}


def resolve_voice(voices: VoiceStore, reference: JsonObject) -> JsonObject:
    """The voice that a config names by id or by name. Raises ApiError.

    A voice of the library must be named with its provider: left out, it means a custom voice.
    """
    provider = reference.get("provider", CUSTOM_VOICE)
    key = "id" if "id" in reference else "name"
    voice = _find(voices, provider, reference)
    if voice is None:
        raise api_error(
            VOICE_UNKNOWN,
            key=key,
            value=reference[key],
            provider=provider,
            hint=_hint(voices, provider, reference),
        )
    return voice


def _find(voices: VoiceStore, provider: str, reference: JsonObject) -> JsonObject | None:
    if "name" in reference:
        return voices.find_name(provider, reference["name"])
    voice = voices.find(reference["id"])
    return voice if voice is not None and voice["provider"] == provider else None


def _hint(voices: VoiceStore, provider: str, reference: JsonObject) -> str:
    other = HUME_AI if provider == CUSTOM_VOICE else CUSTOM_VOICE
    if _find(voices, other, reference) is not None:
        return f"; there is one with the provider {other}, which 'provider' must say"
    if "name" in reference:
        return closest(reference["name"], voices.names(provider))
    return ""
