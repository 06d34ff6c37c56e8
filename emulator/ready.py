"""Waits for a server to answer."""

import json
import ssl
import time
import urllib.request
from http.client import HTTPException
from typing import Any

from emulator.errors import EmulatorError, UsageError

_INTERVAL_S = 0.05


def trusting(ca_file: str) -> ssl.SSLContext:
    """Return a TLS context that trusts only that CA. Raises UsageError for a bad file."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        why = (
            "it is not a certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        )
        raise UsageError(f"the CA's file {ca_file!r} can't be read: {why}") from None


def direct_opener(ca_file: str | None) -> urllib.request.OpenerDirector:
    """Return an opener of URLs without a proxy.

    Over https it trusts that CA, or the CAs of this machine if `ca_file` is None.
    """
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if ca_file:
        handlers.append(urllib.request.HTTPSHandler(context=trusting(ca_file)))
    return urllib.request.build_opener(*handlers)


def wait_until_ready(url: str, timeout_ms: int, ca_file: str | None = None) -> dict[str, Any]:
    """Return the health of the emulator at `url`. Raises EmulatorError at the timeout."""
    opener = direct_opener(ca_file)
    deadline = time.monotonic() + timeout_ms / 1000
    while True:
        left = deadline - time.monotonic()
        try:
            return _health(opener, url, max(left, _INTERVAL_S))
        except (OSError, ValueError, HTTPException) as error:
            if left <= _INTERVAL_S:
                reason = getattr(error, "reason", error)
                message = f"no emulator answered at {url} within {timeout_ms} ms: {reason}"
                raise EmulatorError(message) from None
        time.sleep(_INTERVAL_S)


def _health(opener: urllib.request.OpenerDirector, url: str, timeout_s: float) -> dict[str, Any]:
    with opener.open(f"{url.rstrip('/')}/_emulator/health", timeout=timeout_s) as answer:
        health = json.load(answer)
    if not isinstance(health, dict) or "version" not in health:
        raise ValueError("something else answers there")
    return health
