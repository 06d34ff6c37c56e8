"""Waiting for a server to answer."""

import json
import re
import time
import urllib.request
from http.client import HTTPException
from typing import Any

from emulator.errors import EmulatorError, UsageError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)?")
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, None: 1000}
_INTERVAL_S = 0.05


def parse_duration_ms(text: str) -> int:
    """'10s', '500ms', '2m' or '10' (s) in ms. Raises UsageError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise UsageError(f"a duration must look like 10s, 500ms or 2m, got {text!r}")
    return round(float(match[1]) * _UNITS_MS[match[2]])


def wait_until_ready(url: str, timeout_ms: int) -> dict[str, Any]:
    """The health of the emulator at `url`, once it answers. Raises EmulatorError at the timeout."""
    deadline = time.monotonic() + timeout_ms / 1000
    while True:
        left = deadline - time.monotonic()
        try:
            return _health(url, max(left, _INTERVAL_S))
        except (OSError, ValueError, HTTPException) as error:
            if left <= _INTERVAL_S:
                reason = getattr(error, "reason", error)
                message = f"no emulator answered at {url} within {timeout_ms} ms: {reason}"
                raise EmulatorError(message) from None
        time.sleep(_INTERVAL_S)


def _health(url: str, timeout_s: float) -> dict[str, Any]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url.rstrip('/')}/_emulator/health", timeout=timeout_s) as answer:
        health = json.load(answer)
    if not isinstance(health, dict) or "version" not in health:
        raise ValueError("something else answers there")
    return health
