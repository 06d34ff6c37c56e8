"""EVI's part of the control document, with the schemas that are made from its models."""

from pathlib import Path

from emulator.apis.evi.control.descriptions import PARTS, SCRIPT, described
from emulator.apis.evi.model.source import QUIRKS
from emulator.apis.evi.webhooks import EVENT_NAMES
from emulator.jsontext import Json, JsonObject
from emulator.openapi.parts import COMPONENT, Part

_PREFIX = "Script"  # of the schemas of a script's parts
_REFERENCE = COMPONENT.format(model="")
_NAMED = ("properties", "$defs")
_LEFT_OUT = ("title", "default")


def _event_name() -> JsonObject:
    return {"type": "string", "enum": list(EVENT_NAMES)}


def _quirk() -> JsonObject:
    return {"type": "string", "enum": list(QUIRKS)}


def _script() -> JsonObject:
    """Return the schema of a script file, with those of its parts in `$defs`."""
    from emulator.apis.evi.chat.script_file import ScriptFile  # on pydantic, which takes 0.1 s

    schema: JsonObject = _public(ScriptFile.model_json_schema(ref_template=COMPONENT))
    parts = {name: described(part, PARTS.get(name, {})) for name, part in schema["$defs"].items()}
    description = "A script, in the words of docs/scripts.md."
    return {**described(schema, SCRIPT), "$defs": parts, "description": description}


def _simulation() -> JsonObject:
    """Return the schema of a script that may name another one, whose keys it overrides."""
    script = {key: value for key, value in _script().items() if key != "$defs"}
    other = {
        "description": "The name of a bundled script, or a script.",
        "anyOf": [{"type": "string"}, {"$ref": COMPONENT.format(model="Script")}],
    }
    return {
        **script,
        "description": "A script. Its keys override those of the one under `script`.",
        "properties": {"script": other, **script["properties"]},
    }


def _public(value: Json, named: bool = False) -> Json:
    """Return a schema of pydantic's with public names for private models.

    Without titles, and without defaults: generated types would ask for each field that has one.
    `named` is true for a mapping of names to schemas.
    """
    if isinstance(value, list):
        return [_public(item) for item in value]
    if isinstance(value, str):
        return value.replace(_REFERENCE + "_", _REFERENCE + _PREFIX)
    if not isinstance(value, dict):
        return value
    return {
        _PREFIX + key[1:] if key.startswith("_") else key: _public(item, key in _NAMED)
        for key, item in value.items()
        if named or key not in _LEFT_OUT
    }


PART = Part(
    Path(__file__).with_name("openapi.yaml"),
    {
        "WebhookEventName": _event_name,
        "ModelQuirk": _quirk,
        "Script": _script,
        "Simulation": _simulation,
    },
)
