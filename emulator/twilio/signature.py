"""The signature that shows that a request is Twilio's (docs/protocol.md#phone-calls)."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping

SIGNATURE_HEADER = "X-Twilio-Signature"


def sign(auth_token: str, url: str, fields: Mapping[str, str] | None = None) -> str:
    """Return the header's value for a URL as it is called, and the fields of a posted form."""
    text = url + "".join(name + value for name, value in sorted((fields or {}).items()))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return b64encode(digest).decode()
