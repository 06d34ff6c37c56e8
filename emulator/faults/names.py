"""The names that fields of fault rules may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from emulator.error_shapes import NamedError
from emulator.errors import closest
from emulator.faults.table import FIELDS, KINDS, METHODS, FaultMistake
from emulator.jsontext import JsonObject

# The fields that every rule may have.
_FIRST: Mapping[str, JsonObject] = {
    "kind": {"type": "string", "enum": list(KINDS), "description": "What breaks."},
    "fault": {"type": "string", "description": "What happens to it."},
    "times": {"type": "integer", "minimum": 1, "description": "How often; always if left out."},
    "probability": {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "description": "The chance that the rule applies to a match: above 0, at most 1.",
    },
}


@dataclass(frozen=True, slots=True)
class FaultNames:
    """The operations, webhook events and errors of all APIs, which fault rules may name."""

    operations: Sequence[str] = ()
    event_names: Sequence[str] = ()  # of webhooks
    errors: Sequence[NamedError] = ()
    line_operations: Sequence[str] = ()  # whose answers are streams of JSON lines
    errors_of: Mapping[str, Sequence[NamedError]] = field(default_factory=dict)  # by operation

    def schema(self) -> JsonObject:
        """Return the JSON schema of a new rule."""
        events = {**FIELDS["event_name"], "enum": list(self.event_names)}
        return {
            "type": "object",
            "properties": {
                **_FIRST,
                **FIELDS,
                "event_name": events,
            },
            "required": ["kind", "fault"],
            "additionalProperties": False,
        }

    def to_json(self) -> JsonObject:
        """Return the names by the fields that may have them."""
        return {
            "operation": list(self.operations),
            "event_name": list(self.event_names),
            "error": _slugs(self.errors),
            "method": list(METHODS),
        }

    def find_error(self, name: str, kind: str, operation: str | None = None) -> NamedError:
        """Return the error that a rule of that kind names by slug or code.

        The errors of the operation's API go before those of others. Raises FaultMistake.
        """
        of_requests = kind == "http"
        known_errors = [*self.errors_of.get(operation or "", ()), *self.errors]
        errors = [each for each in known_errors if not of_requests or each.status is not None]
        for error in errors:
            if name in (error.slug, error.code):
                return error
        what = "error of requests" if of_requests else "error frame"
        hint = closest(name, [*_slugs(errors), *(each.code for each in errors)])
        known = ", ".join(_slugs(errors)) or "none"
        raise FaultMistake("error", f"no {what} {name!r}{hint}; known: {known}")

    def check_operation(self, operation: str | None, fault: str) -> None:
        """Raise FaultMistake if no such operation exists, or the fault can't strike it."""
        if operation is not None and operation not in self.operations:
            hint = closest(operation, self.operations)
            raise FaultMistake("operation", f"no operation {operation!r}{hint}")
        if fault == "error_line" and operation not in (None, *self.line_operations):
            known = ", ".join(self.line_operations) or "none"
            message = f"{operation!r} answers with no stream of JSON lines; these do: {known}"
            raise FaultMistake("operation", message)


def _slugs(errors: Sequence[NamedError]) -> list[str]:
    return list(dict.fromkeys(each.slug for each in errors))
