"""Signatures that prove where a webhook comes from (docs/protocol.md#webhooks)."""

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache

SIGNATURE_HEADER = "X-Hume-AI-Webhook-Signature"
TIMESTAMP_HEADER = "X-Hume-AI-Webhook-Timestamp"
WINDOW_S = 180  # the age at which receivers refuse a timestamp (docs/protocol.md#webhooks)


def sign(body: bytes, timestamp: str, key: str) -> str:
    """Return the lowercase hex HMAC-SHA256 of body, dot and timestamp (s since the Unix epoch)."""
    return hmac.new(key.encode(), body + b"." + timestamp.encode(), hashlib.sha256).hexdigest()


def signed_headers(body: bytes, timestamp_s: int, key: str) -> dict[str, str]:
    """Return the two headers that a receiver checks."""
    timestamp, signature = _signed(body, timestamp_s, key)
    return {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: timestamp}


@lru_cache(maxsize=16)  # an event is often sent to several receivers within a second
def _signed(body: bytes, timestamp_s: int, key: str) -> tuple[str, str]:
    timestamp = str(timestamp_s)
    return timestamp, sign(body, timestamp, key)


def signature_problem(headers: Mapping[str, str], body: bytes, key: str, sent_s: int) -> str | None:
    """Return why a receiver should refuse a webhook that arrives when it was sent, or None.

    `sent_s` is in seconds since the Unix epoch.
    """
    signature, timestamp = headers.get(SIGNATURE_HEADER), headers.get(TIMESTAMP_HEADER)
    if signature is None or timestamp is None:
        return f"it has no {SIGNATURE_HEADER if signature is None else TIMESTAMP_HEADER}"
    if not hmac.compare_digest(signature, sign(body, timestamp, key)):
        return "the signature is not that of body and timestamp under the signing key"
    if sent_s - int(timestamp) > WINDOW_S:
        return f"the timestamp is {sent_s - int(timestamp)} s old, more than {WINDOW_S}"
    return None
