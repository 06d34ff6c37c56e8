"""Durations as people write them."""

import re

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)?")
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, None: 1000}


def duration_ms(text: str) -> int:
    """'10s', '500ms', '2m' or '10' (s) in ms. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"a duration must look like 10s, 500ms or 2m, got {text!r}")
    return round(float(match[1]) * _UNITS_MS[match[2]])
