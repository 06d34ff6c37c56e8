"""The names that fields of fault rules may have."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.faults.table import FIELDS, KINDS, METHODS, error_slugs
from emulator.jsontext import JsonObject


@dataclass(frozen=True, slots=True)
class FaultNames:
    """The operations and webhook events of all APIs, which fault rules may name."""

    operations: Sequence[str] = ()
    event_names: Sequence[str] = ()  # of webhooks

    def schema(self) -> JsonObject:
        """Return the JSON schema of a new rule."""
        named: JsonObject = {"event_name": {"type": "string", "enum": list(self.event_names)}}
        return {
            "type": "object",
            "properties": {
                "kind": {"type": "string", "enum": list(KINDS)},
                "fault": {"type": "string"},
                "times": {"type": "integer", "minimum": 1},
                "probability": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                **FIELDS,
                **named,
            },
            "required": ["kind", "fault"],
            "additionalProperties": False,
        }

    def to_json(self) -> JsonObject:
        """Return the names by the fields that may have them."""
        return {
            "operation": list(self.operations),
            "event_name": list(self.event_names),
            "error": error_slugs(),
            "method": list(METHODS),
        }
