"""The names that fields of fault rules may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from emulator.errors import closest
from emulator.faults.table import FIELDS, KINDS, METHODS, FaultMistake
from emulator.jsontext import JsonObject


@dataclass(frozen=True, slots=True)
class FaultNames:
    """The operations, webhook events and error frames of all APIs, which fault rules may name."""

    operations: Sequence[str] = ()
    event_names: Sequence[str] = ()  # of webhooks
    errors: Mapping[str, str] = field(default_factory=dict)  # slugs of error frames, by code

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
            "error": self._slugs(),
            "method": list(METHODS),
        }

    def error_slug(self, name: str) -> str:
        """Return the slug of an error frame, given by slug or code. Raises FaultMistake."""
        slug, known = self.errors.get(name, name), self._slugs()
        if slug not in known:
            hint = closest(name, (*known, *self.errors))
            raise FaultMistake("error", f"no error frame {name!r}{hint}; known: {', '.join(known)}")
        return slug

    def _slugs(self) -> list[str]:
        return list(dict.fromkeys(self.errors.values()))
