"""Applies the webhook faults of the table to a delivery."""

from collections.abc import Iterable

from emulator.faults.table import KINDS
from emulator.signature import signed_headers

# Faults that change when a delivery is sent; the others change each request.
SCHEDULING = frozenset(("duplicate", "reorder", "drop", "delay"))
CORRUPTING = frozenset(KINDS["webhook"].faults) - SCHEDULING
STALE_S = 600


def headers_and_body(
    body: bytes, timestamp_s: int, key: str, faults: Iterable[str]
) -> tuple[dict[str, str], bytes]:
    """Return the signed headers and the body, after the faults were applied to them."""
    faults = frozenset(faults)
    if "stale_timestamp" in faults:
        timestamp_s -= STALE_S
    if "wrong_key" in faults:
        key = f"not-{key}"
    headers = {} if "missing_headers" in faults else signed_headers(body, timestamp_s, key)
    if "tampered_body" in faults:
        body = body[:-1] + b',"tampered":true}'
    return {"Content-Type": "application/json", **headers}, body
