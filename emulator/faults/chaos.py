"""Faults by chance: `http_5xx=.02,ws_drop=.05,webhook_duplicate=.1`."""

from typing import Any, TypeAlias

from emulator.errors import UsageError, closest
from emulator.faults.table import KINDS

RuleSpec: TypeAlias = dict[str, Any]  # the arguments of Faults.add

_PREFIXES = {"http": "http", "ws": "socket", "webhook": "webhook", "model": "model", "call": "call"}
SHORT: dict[str, RuleSpec] = {
    "http_5xx": {"kind": "http", "fault": "status", "status": [500, 502, 503, 504]},
    "http_429": {"kind": "http", "fault": "status", "status": 429, "retry_after_s": 1},
    "ws_drop": {"kind": "socket", "fault": "vanish"},
}
NAMES: dict[str, RuleSpec] = SHORT | {
    f"{prefix}_{fault}": {"kind": kind, "fault": fault}
    for prefix, kind in _PREFIXES.items()
    for fault in KINDS[kind].faults
}


def read_chaos(text: str) -> list[RuleSpec]:
    """Return the rules of a line such as 'ws_drop=.05,http_5xx=.02'. Raises UsageError."""
    return [_read(part.strip()) for part in text.split(",") if part.strip()]


def _read(part: str) -> RuleSpec:
    name, equals, value = part.partition("=")
    if name not in NAMES:
        known = ", ".join(NAMES)
        raise UsageError(f"no chaos {name!r}{closest(name, list(NAMES))}; known: {known}")
    try:
        probability = float(value)
    except ValueError:
        probability = -1
    if not equals or not 0 < probability <= 1:
        raise UsageError(f"chaos {name} needs a probability above 0, at most 1, got {part!r}")
    return {**NAMES[name], "probability": probability}
