"""Where text-to-speech accepts more, or less, than its document's schemas."""

from collections.abc import Mapping, Sequence
from functools import cache

from emulator.jsontext import Json, JsonObject
from emulator.openapi.openness import Openness
from emulator.settings import Settings

_VOICE = "VoiceRef"
_CONTEXTS = (
    "OctaveBodyArgsContext",
    "OctaveBodyArgsStreamContext",
    "V0TtsVoiceConversionFilePostRequestBodyContentMultipartFormDataSchemaContext",
    "V0TtsVoiceConversionJsonPostRequestBodyContentMultipartFormDataSchemaContext",
)
_OF_REQUESTS = ("OctaveBodyArgs", "OctaveBodyArgsStream")
# The document requires these, and some generated clients leave them out.
_OPTIONAL_WHEN_LENIENT: Mapping[str, Sequence[str]] = {
    "ContextGenerationId": ("generation_id",),
    "ContextUtterances": ("utterances",),
    "VoiceId": ("id",),
    "VoiceName": ("name",),
}
_PARTS_OF_REQUESTS = (
    *_OF_REQUESTS,
    "Utterance",
    "ContextGenerationId",
    "ContextUtterances",
    "VoiceId",
    "VoiceName",
    "PublishTts",
)
# So that a voice that matches one member of its union has no field of a wrong type, and so has a
# context where nothing is required.
_TEXT: JsonObject = {"type": "string"}
_OF_THE_OTHER_VOICE: Mapping[str, Mapping[str, Json]] = {
    "VoiceId": {"name": _TEXT},
    "VoiceName": {"id": _TEXT},
}
_UTTERANCES = {"type": "array", "items": {"$ref": "#/components/schemas/Utterance"}}
_OF_THE_OTHER_CONTEXT: Mapping[str, Mapping[str, Json]] = {
    "ContextGenerationId": {"utterances": _UTTERANCES},
    "ContextUtterances": {"generation_id": _TEXT},
}
# What the service states in prose, or refuses without saying so.
_BOUNDS = {"utterances": {"minItems": 1}, "temperature": {"minimum": 0, "maximum": 1}}


def openness(settings: Settings) -> Openness:
    """Return what text-to-speech takes: with `lenient_tts`, also the bodies of generated tests.

    A voice may have both an id and a name.
    """
    return _openness(settings.lenient_tts)


@cache
def _openness(lenient: bool) -> Openness:
    return Openness(
        unions=(_VOICE, *_CONTEXTS) if lenient else (_VOICE,),
        undocumented_fields={
            **_OF_THE_OTHER_VOICE,
            **(_OF_THE_OTHER_CONTEXT if lenient else {}),
        },
        optional=_OPTIONAL_WHEN_LENIENT if lenient else {},
        any_text={"ContextGenerationId": ["generation_id"]} if lenient else {},
        null_is_absent=_PARTS_OF_REQUESTS,
        bounds=dict.fromkeys(_OF_REQUESTS, _BOUNDS),
    )
