"""Durations and paces as people write them."""

import re

from emulator.errors import closest

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m)?")
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, None: 1000}


def duration_ms(text: str) -> int:
    """Return '10s', '500ms', '2m' or '10' (s) in ms. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"a duration must look like 10s, 500ms or 2m, got {text!r}")
    return round(float(match[1]) * _UNITS_MS[match[2]])


def sum_ms(hours: float = 0, minutes: float = 0, seconds: float = 0, ms: float = 0) -> int:
    """Return the sum of these in ms, rounded."""
    return round(hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + ms)


def read_pace(value: str | float) -> float:
    """Return the seconds that pass for each second of a conversation. Raises ValueError.

    'instant' is 0 and 'realtime' is 1. A number is a speed factor: 5 is five times faster than real
    time.
    """
    if value in ("instant", "realtime"):
        return float(value == "realtime")
    try:
        factor = float(value)
    except ValueError:
        hint = closest(str(value), ("instant", "realtime"))
        raise ValueError(f"pace is instant, realtime or a number, got {value!r}{hint}") from None
    if not 0.001 <= factor <= 1_000_000:
        raise ValueError(
            f"pace is instant, realtime or a number from 0.001 to 1000000, got {value!r}"
        )
    return 1 / factor
