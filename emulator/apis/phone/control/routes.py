"""The phone's control routes: the calls that have come in, and what their callers say."""

from pathlib import Path

from emulator.apis.phone.control.calls import add_heard_words, list_calls
from emulator.control import ControlRoute, ControlRoutes
from emulator.openapi.parts import Part

_CALLS = "/_emulator/calls"
_HEARD = f"{_CALLS}/{{call_sid}}/heard"

CONTROL = ControlRoutes(
    Part(Path(__file__).with_name("openapi.yaml")),
    (
        ControlRoute("GET", _CALLS, "list-calls", list_calls),
        ControlRoute("POST", _HEARD, "add-heard-words", add_heard_words, takes_body=True),
    ),
)
