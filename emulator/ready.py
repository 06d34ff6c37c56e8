"""Waiting for a server to answer."""

import json
import time
import urllib.request
from http.client import HTTPException
from typing import Any

from emulator.errors import EmulatorError

_INTERVAL_S = 0.05


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
