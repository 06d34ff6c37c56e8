"""Where EVI accepts more than its document's schemas: open enums and unions, further fields."""

from collections.abc import Mapping
from functools import cache

from emulator.openapi.openness import OpenEnum, Openness
from emulator.resources import bundled, read_data
from emulator.settings import Settings

CUSTOM_LANGUAGE_MODEL = "CUSTOM_LANGUAGE_MODEL"  # the provider of a model with a URL
UNNAMED_MODEL = "custom-language-model"  # the document lists this instead of a URL


@cache
def _listed_models() -> Mapping[str, tuple[str, ...]]:
    """Return the models of each provider that an SDK's release or Hume's documentation names."""
    models: Mapping[str, tuple[str, ...]] = read_data(bundled("fixtures/language-models.yaml"))
    return models


def _providers() -> tuple[str, ...]:
    return tuple(_listed_models())


def _models() -> tuple[str, ...]:
    return tuple(name for names in _listed_models().values() for name in names)


OPENNESS = Openness(
    enums={
        "ModelProviderEnum": OpenEnum(_providers),
        "LanguageModelType": OpenEnum(_models, ("model_provider", CUSTOM_LANGUAGE_MODEL)),
    },
    # A voice may have both an id and a name.
    unions=("VoiceRef",),
    # Programs read the first in the service's answers. Every answer with a voice has the other, so
    # clients send it back.
    undocumented_fields={
        "PostedConfigLanguageModel": {"custom_language_model_model": {"type": ["string", "null"]}},
        "posted_language_model": {"custom_language_model_model": {"type": ["string", "null"]}},
        "VoiceId": {"compatible_octave_models": {"type": ["array", "null"]}},
        "VoiceName": {"compatible_octave_models": {"type": ["array", "null"]}},
    },
)


def openness(settings: Settings) -> Openness:
    """Return what EVI takes, which is the same with all settings."""
    return OPENNESS
