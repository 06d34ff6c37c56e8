"""The phone's control routes: the calls that have come in, and what their callers say."""

from pathlib import Path

from emulator.apis.phone.control.calls import add_heard_words, list_calls, place_call
from emulator.control import ControlRoute, ControlRoutes
from emulator.jsontext import JsonObject
from emulator.openapi.parts import Part

_CALLS = "/_emulator/calls"
_HEARD = f"{_CALLS}/{{call_sid}}/heard"

# An outline is enough: the reader of orders checks the rest, with better messages.
_OUTLINE: JsonObject = {
    "type": "object",
    "properties": {"user": {"type": "array"}, "sound": {"type": "boolean"}},
}

CONTROL = ControlRoutes(
    Part(Path(__file__).with_name("openapi.yaml")),
    (
        ControlRoute("GET", _CALLS, "list-calls", list_calls),
        ControlRoute(
            "POST", _CALLS, "place-call", place_call, outline=_OUTLINE, ends_with_client=True
        ),
        ControlRoute("POST", _HEARD, "add-heard-words", add_heard_words, takes_body=True),
    ),
)
