"""The machinery's part of the control document, with the schemas that are made from tables."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from emulator.contract.findings import FINDINGS, LEVELS
from emulator.faults.names import FaultNames
from emulator.faults.table import FIELDS
from emulator.faults.table import KINDS as FAULT_KINDS
from emulator.journal.entries import KINDS as JOURNAL_KINDS
from emulator.jsontext import JsonObject
from emulator.openapi.parts import Part
from emulator.outgoing.outbox import STATES
from emulator.settings import SETTINGS, Setting

_TYPES: Mapping[str, JsonObject] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "switch": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
    "hosts": {"type": "array", "items": {"type": "string"}},
    "url_rules": {"type": "array", "items": {"type": "string"}},
    "url": {"type": "string"},
    "pace": {"type": "string"},
    "duration": {"type": "string"},
    "choice_or_url": {"type": "string"},
}
_HIDDEN: JsonObject = {"type": "string", "const": "(hidden)"}
_NULL: JsonObject = {"type": "null"}
_NEVER_NULL = ("kind", "fault")  # fields of a fault rule


def _settings() -> JsonObject:
    return _closed({setting.name: _setting(setting) for setting in SETTINGS})


_NAME = "what the list of worlds calls it, such as a test's name; null keeps the name it has"


def _world_settings() -> JsonObject:
    fields = {each.name: _setting(each) for each in SETTINGS if each.scope == "world"}
    seed = fields["seed"]
    fields["seed"] = {
        "anyOf": [{"type": "string"}, {"type": "object"}],
        "description": f"{seed['description'].partition(':')[0]}: a bundled seed's name, a "
        "seed's content, or the text of a seed's file",
    }
    fields["name"] = {"type": ["string", "null"], "description": _NAME}
    return {**_closed(fields), "required": []}


def _setting(setting: Setting) -> JsonObject:
    plain = dict(_TYPES[setting.kind])
    if setting.choices and setting.kind != "choice_or_url":
        values = {"enum": list(setting.choices)}
        plain |= {"items": {"type": "string", **values}} if "items" in plain else values
    others = [_HIDDEN] if setting.secret else []
    others += [_NULL] if setting.default is None else []
    schema = {"anyOf": [plain, *others]} if others else plain
    return {**schema, "description": setting.help}


def _rule() -> JsonObject:
    """Return the schema of a new rule, without the names that APIs register."""
    schema = FaultNames().schema()
    return {**schema, "properties": {**schema["properties"], "event_name": FIELDS["event_name"]}}


def _new_fault_rule() -> JsonObject:
    return {
        **_rule(),
        "description": "The fields that a rule may have depend on its kind and fault.",
    }


def _fault_rule() -> JsonObject:
    fields = {
        name: schema if name in _NEVER_NULL else _or_null(schema)
        for name, schema in _rule()["properties"].items()
    }
    own = {
        "id": {"type": "string"},
        "used": {"type": "integer", "minimum": 0, "description": "How often it has applied."},
    }
    required = ["id", "kind", "fault", "times", "probability", "used"]
    return {**_closed({**fields, **own}), "required": required}


def _or_null(schema: JsonObject) -> JsonObject:
    """Return the schema of a field that may be null, too."""
    description = {"description": schema["description"]}
    plain = {key: value for key, value in schema.items() if key not in description}
    return {"anyOf": [plain, _NULL], **description} if plain else description


def _closed(properties: Mapping[str, Any]) -> JsonObject:
    """Return the schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _one_of(values: Iterable[str]) -> JsonObject:
    """Return the schema of a text that must be one of these."""
    return {"type": "string", "enum": list(values)}


PART = Part(
    Path(__file__).with_name("openapi.yaml"),
    {
        "Settings": _settings,
        "WorldSettings": _world_settings,
        "NewFaultRule": _new_fault_rule,
        "FaultRule": _fault_rule,
        "FaultKind": lambda: _one_of(FAULT_KINDS),
        "WebhookFault": lambda: _one_of(FAULT_KINDS["webhook"].faults),
        "JournalKind": lambda: _one_of(JOURNAL_KINDS),
        "DeliveryState": lambda: _one_of(STATES),
        "FindingCode": lambda: _one_of(FINDINGS),
        "FindingLevel": lambda: _one_of(LEVELS),
    },
)
