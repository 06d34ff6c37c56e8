"""Orders of calls: whom to call, what the caller does, and for how long the caller waits."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from emulator.durations import duration_ms
from emulator.errors import UsageError, closest
from emulator.faults.rules import FaultRule
from emulator.jsontext import Json, JsonObject

FROM_NUMBER = "+14155550142"  # numbers that belong to nobody
TO_NUMBER = "+14155550123"
ACCOUNT_SID = "AC0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"  # of that account; no secret
KEYS = "0123456789*#ABCDw"  # w waits for half a second
LONGEST_TEXT = 10_000  # characters that a caller says in one turn
_CALL_SID = re.compile(r"CA[0-9a-f]{32}")
_STEPS = ("say", "interrupt", "keys", "wait", "hang_up")


@dataclass(frozen=True, slots=True)
class Say:
    """The caller says a text: in turn, or into what the other side is saying."""

    text: str
    interrupt: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """The caller presses keys: digits, * and #."""

    keys: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The caller says nothing for a time (ms)."""

    ms: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """The caller hangs up."""


Step: TypeAlias = Say | Press | Wait | HangUp


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the caller waits, in ms of the call, and how much of a call there may be."""

    greeting_ms: int = 2_000  # of silence, for the first words of the other side
    reaction_ms: int = 700  # of silence, after which it is the caller's turn
    patience_ms: int = 10_000  # of silence, for an answer
    documents: int = 20  # TwiML documents of a call
    call_ms: int = 1_800_000
    request_s: float = 15  # of real time, for the answer to a request, as with Twilio


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """A call to place: `url` answers it with TwiML. Its signatures are made with `auth_token`."""

    url: str
    steps: Sequence[Step] = ()
    method: str = "POST"
    from_number: str = FROM_NUMBER
    to_number: str = TO_NUMBER
    call_sid: str | None = None  # by default a new one
    account_sid: str = ACCOUNT_SID
    auth_token: str = AUTH_TOKEN
    direction: str = "inbound"
    status_callback: str | None = None
    faults: Sequence[FaultRule] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Raise UsageError for a call SID that can't be one."""
        if self.call_sid is not None and not _CALL_SID.fullmatch(self.call_sid):
            raise UsageError(
                f"a call SID must be CA and 32 hexadecimal digits, got {self.call_sid!r}"
            )


def past(step: Step) -> str:
    """Return what a caller did who took this step, such as: said 'Hello'."""
    match step:
        case Say(text):
            return f"said {text!r}"
        case Press(keys):
            return f"pressed {keys!r}"
        case Wait(ms):
            return f"waited for {ms / 1000:g} s"
        case HangUp():
            return "hung up"


def read_step(value: Json) -> Step:
    """Read a step: a text, or an object with one action. Raises ValueError."""
    if isinstance(value, str):
        return Say(_text("say", value))
    if not isinstance(value, dict):
        raise ValueError(f"a step should be a text or an object, got {type(value).__name__}")
    for name in value.keys() - set(_STEPS):
        known = f"; known: {', '.join(_STEPS)}"
        raise ValueError(f"a step has no {name!r}{closest(name, _STEPS)}{known}")
    actions = [name for name in ("say", "keys", "wait", "hang_up") if name in value]
    if len(actions) != 1:
        got = " and ".join(actions) or "none of them"
        raise ValueError(f"a step has exactly one of say, keys, wait, hang_up; got {got}")
    if "interrupt" in value and actions != ["say"]:
        raise ValueError(f"'interrupt' does not go with {actions[0]!r}")
    return _read_action(actions[0], value)


def _read_action(action: str, value: JsonObject) -> Step:
    given = value[action]
    match action:
        case "say":
            interrupt = value.get("interrupt", False)
            if not isinstance(interrupt, bool):
                raise ValueError(f"interrupt should be true or false, got {interrupt!r}")
            return Say(_text("say", given), interrupt)
        case "keys":
            return Press(read_keys(_text("keys", given)))
        case "wait":
            return Wait(duration_ms(str(given)))
        case _:
            if given is not True:
                raise ValueError(f"hang_up should be true, got {given!r}")
            return HangUp()


def read_keys(text: str) -> str:
    """Return the keys of a telephone that a text names. Raises ValueError."""
    wrong = sorted(set(text) - set(KEYS))
    if wrong or not text:
        got = f"{wrong[0]!r} in {text!r}" if wrong else "none"
        raise ValueError(f"keys are digits, *, #, A to D, and w for a pause; got {got}")
    return text


def _text(action: str, value: Json) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{action} should be a text with a word in it, got {value!r}")
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"{action} has {len(value)} characters; {LONGEST_TEXT} at most are said")
    return value
