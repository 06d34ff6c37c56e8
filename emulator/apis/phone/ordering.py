"""Reads the order of a call, as a control route or a test gives it."""

from collections.abc import Mapping
from typing import Any

from emulator.durations import duration_ms
from emulator.errors import UsageError, closest
from emulator.jsontext import JsonObject
from emulator.twilio.order import CallOrder, Limits, Step, read_step
from emulator.twilio.posting import METHODS

_TEXTS = (
    "url", "from_number", "to_number", "method", "call_sid", "account_sid", "auth_token",
    "direction", "status_callback",
)  # fmt: skip
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "method": METHODS,
    "direction": ("inbound", "outbound-api", "outbound-dial"),
}
# Times that the caller waits, by the field of Limits that each sets.
_TIMES: Mapping[str, str] = {
    "greeting": "greeting_ms",
    "reaction": "reaction_ms",
    "patience": "patience_ms",
    "longest": "call_ms",
}
OPTIONS = (*_TEXTS, "user", *_TIMES)


class OrderMistake(UsageError):
    """An order that can't be read: `field` says where it is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def read_order(content: JsonObject) -> CallOrder:
    """Return the order that a JSON object describes. Raises OrderMistake."""
    for name in content:
        if name not in OPTIONS:
            known = f"{closest(name, OPTIONS)}; known: {', '.join(OPTIONS)}"
            raise OrderMistake(name, f"a call has no option {name!r}{known}")
    texts: Any = {name: _text(name, content[name]) for name in _TEXTS if name in content}
    if "url" not in texts:
        raise OrderMistake("url", "a call needs the URL that answers with TwiML")
    steps = [_step(index, each) for index, each in enumerate(content.get("user", ()))]
    times: Any = {
        field: _time(name, content[name]) for name, field in _TIMES.items() if name in content
    }
    try:
        return CallOrder(**texts, steps=steps, limits=Limits(**times))
    except UsageError as error:
        raise OrderMistake("call_sid", str(error)) from None


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise OrderMistake(name, f"{name} must be a text, got {value!r}")
    known = _CHOICES.get(name)
    if known is not None and value not in known:
        hint = closest(value, known)
        raise OrderMistake(name, f"{name} must be one of {', '.join(known)}, got {value!r}{hint}")
    return value


def _step(index: int, value: object) -> Step:
    try:
        return read_step(value)
    except ValueError as error:
        raise OrderMistake("user", f"user[{index}]: {error}") from None


def _time(name: str, value: object) -> int:
    try:
        return duration_ms(str(value))
    except ValueError as error:
        raise OrderMistake(name, f"{name}: {error}") from None
