"""Where the emulator accepts more than the document's schemas. Code, docs and tests read it.

Hume's SDKs type some enums as open: they list the values of their time, and accept any other text.
The document lists the values as if the enums were closed, and keeps its structure; `opened` makes a
copy whose schemas accept what the service accepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from emulator.jsontext import Json, JsonObject
from emulator.openapi.document import Document
from emulator.resources import bundled, read_data

CUSTOM_LANGUAGE_MODEL = "CUSTOM_LANGUAGE_MODEL"  # the provider of a model that a URL names
UNNAMED_MODEL = "custom-language-model"  # the document lists it in place of a URL

# Keywords that validation ignores, and that the tree of fields reads.
LISTED = "x-listed"
LISTED_UNLESS = "x-listed-unless"
UNDOCUMENTED = "x-undocumented"


@dataclass(frozen=True, slots=True)
class OpenEnum:
    """An enum that lists known values and excludes no others.

    `unless` is a field beside the enum's, and the value with which any text is known.
    """

    unless: tuple[str, str] | None = None


# By the name of the schema.
OPEN_ENUMS: Mapping[str, OpenEnum] = {
    "ModelProviderEnum": OpenEnum(),
    "LanguageModelType": OpenEnum(unless=("model_provider", CUSTOM_LANGUAGE_MODEL)),
}

# Unions of which a value may match several members: a voice may have both an id and a name.
OPEN_UNIONS = ("VoiceRef",)

# Fields that the service takes, though the document does not have them there. Programs read the
# first in its answers. The other is in every answer with a voice, so it comes with what GET gave.
UNDOCUMENTED_FIELDS: Mapping[str, Mapping[str, Json]] = {
    "PostedConfigLanguageModel": {"custom_language_model_model": {"type": ["string", "null"]}},
    "posted_language_model": {"custom_language_model_model": {"type": ["string", "null"]}},
    "VoiceId": {"compatible_octave_models": {"type": ["array", "null"]}},
    "VoiceName": {"compatible_octave_models": {"type": ["array", "null"]}},
}


def opened(document: Document) -> Document:
    """Return a copy of the document whose schemas accept what the service accepts."""
    components = document.content.get("components", {})
    schemas = dict(components.get("schemas", {}))
    for name, rule in OPEN_ENUMS.items():
        schema = schemas.get(name)
        if isinstance(schema, dict) and "enum" in schema:
            schemas[name] = _opened(schema, name, rule)
    for name in OPEN_UNIONS:
        if isinstance(schemas.get(name), dict):
            schemas[name] = _any_of(schemas[name])
    for name, added in UNDOCUMENTED_FIELDS.items():
        if isinstance(schemas.get(name), dict):
            schemas[name] = _extended(schemas[name], added)
    content = {**document.content, "components": {**components, "schemas": schemas}}
    return replace(document, content=content)


def _opened(schema: JsonObject, name: str, rule: OpenEnum) -> JsonObject:
    rest = {keyword: value for keyword, value in schema.items() if keyword != "enum"}
    more = _listed_by_sdks()[name]
    rest[LISTED] = list(dict.fromkeys((*schema["enum"], *more)))
    if rule.unless is not None:
        rest[LISTED_UNLESS] = rule.unless
    return rest


def _any_of(schema: JsonObject) -> JsonObject:
    return {"anyOf" if keyword == "oneOf" else keyword: part for keyword, part in schema.items()}


def _extended(schema: JsonObject, added: Mapping[str, Json]) -> JsonObject:
    marked = {name: {**each, UNDOCUMENTED: True} for name, each in added.items()}
    return {**schema, "properties": {**schema.get("properties", {}), **marked}}


@cache
def _listed_by_sdks() -> Mapping[str, tuple[str, ...]]:
    """Return the values of each open enum that an SDK's release or Hume's documentation lists."""
    models = read_data(bundled("fixtures/language-models.yaml"))
    return {
        "ModelProviderEnum": tuple(models),
        "LanguageModelType": tuple(name for names in models.values() for name in names),
    }
