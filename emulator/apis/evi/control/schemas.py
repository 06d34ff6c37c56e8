"""EVI's part of the control document, with the schemas that its code holds."""

from pathlib import Path

from emulator.apis.evi.webhooks import EVENT_NAMES
from emulator.jsontext import Json, JsonObject
from emulator.openapi.parts import COMPONENT, Part

_PREFIX = "Script"  # of the schemas of a script's parts


def _event_name() -> JsonObject:
    return {"type": "string", "enum": list(EVENT_NAMES)}


def _script() -> JsonObject:
    """Return the schema of a script file, with those of its parts in `$defs`."""
    from emulator.apis.evi.chat.script_file import ScriptFile  # costs 0.1 s

    schema: JsonObject = _renamed(ScriptFile.model_json_schema(ref_template=COMPONENT))
    return {**schema, "description": "A script, in the words of docs/scripts.md."}


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


def _renamed(value: Json) -> Json:
    """Return a schema without the titles, and with public names for private models."""
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    if not isinstance(value, dict):
        return value.replace("/schemas/_", f"/schemas/{_PREFIX}") if _is_reference(value) else value
    return {
        _PREFIX + key[1:] if key.startswith("_") else key: _renamed(item)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str))
    }


def _is_reference(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("#/")


PART = Part(
    Path(__file__).with_name("openapi.yaml"),
    {"WebhookEventName": _event_name, "Script": _script, "Simulation": _simulation},
)
