"""How a webhook proves where it comes from (PROTOCOL 10)."""

import hashlib
import hmac

SIGNATURE_HEADER = "X-Hume-AI-Webhook-Signature"
TIMESTAMP_HEADER = "X-Hume-AI-Webhook-Timestamp"


def sign(body: bytes, timestamp: str, key: str) -> str:
    """The lowercase hex HMAC-SHA256 of body, dot, timestamp (s since the Unix epoch)."""
    return hmac.new(key.encode(), body + b"." + timestamp.encode(), hashlib.sha256).hexdigest()


def signed_headers(body: bytes, timestamp_s: int, key: str) -> dict[str, str]:
    """The two headers that a receiver checks."""
    timestamp = str(timestamp_s)
    return {SIGNATURE_HEADER: sign(body, timestamp, key), TIMESTAMP_HEADER: timestamp}
