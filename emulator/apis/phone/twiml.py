"""The TwiML that the phone answers (docs/protocol.md#phone-calls)."""

from xml.sax.saxutils import escape, quoteattr

MEDIA_TYPE = "text/xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def connect_stream(url: str) -> bytes:
    """Return TwiML that connects a call to a media stream, both ways."""
    return _response(f"<Connect><Stream url={quoteattr(url)}/></Connect>")


def say_and_hang_up(text: str) -> bytes:
    """Return TwiML that says something and ends the call."""
    return _response(f"<Say>{escape(text)}</Say><Hangup/>")


def _response(verbs: str) -> bytes:
    return f"{_DECLARATION}<Response>{verbs}</Response>".encode()
