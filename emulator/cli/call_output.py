"""Prints for `evi-emulator call`: a line for each event, as it happens."""

from collections.abc import Callable, Mapping

from emulator.twilio.events import CallEvent

_INDENT = " " * 24


def _dialled(event: CallEvent) -> str:
    data = event.data
    numbers = f"from {data['from_number']} to {data['to_number']}"
    return f"{data['url']}\n{_INDENT}{data['call_sid']} {numbers}"


def _document(event: CallEvent) -> str:
    verbs = event.data["verbs"]
    return ", ".join(verbs) or "no verbs"


def _verb(event: CallEvent) -> str:
    attributes = event.data["attributes"]
    return " ".join([event.text, *(f'{name}="{value}"' for name, value in attributes.items())])


def _callback(event: CallEvent) -> str:
    status = event.data["status"]
    return f"{event.text}: {'no answer' if status is None else status}"


# The part of an event that is shown instead of its text.
_SHOWN: Mapping[str, Callable[[CallEvent], str]] = {
    "dialled": _dialled,
    "document": _document,
    "verb": _verb,
    "stream_started": lambda event: f"{event.data['stream_sid']} to {event.data['url']}",
    "clear": lambda event: f"{event.data['dropped_ms'] / 1000:.1f} s of sound dropped",
    "callback": _callback,
    "ended": lambda event: f"{event.text}, {event.data['duration_ms'] / 1000:.1f} s",
}
_NAMES = {"stream_started": "stream", "stream_ended": "stream", "answerer": "answer"}
_ENDS = {"stream_ended": "ended: "}


def line_of(event: CallEvent) -> str:
    """Return an event as a line: when it was, what it was."""
    shown = _SHOWN[event.kind](event) if event.kind in _SHOWN else event.text
    name = _NAMES.get(event.kind, event.kind)
    text = f"{event.at_ms / 1000:8.1f} s  {name:10}  {_ENDS.get(event.kind, '')}{shown}"
    return text.rstrip()
