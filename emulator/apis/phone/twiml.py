"""The TwiML that the phone answers (docs/protocol.md#phone-calls)."""

MEDIA_TYPE = "text/xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
# Of the standard library, `xml.sax.saxutils` has this with an HTTP client, which takes 7 ms.
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def connect_stream(url: str) -> bytes:
    """Return TwiML that connects a call to a media stream, both ways."""
    return _response(f'<Connect><Stream url="{_escaped(url)}"/></Connect>')


def say_and_hang_up(text: str) -> bytes:
    """Return TwiML that says something and ends the call."""
    return _response(f"<Say>{_escaped(text)}</Say><Hangup/>")


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)


def _response(verbs: str) -> bytes:
    return f"{_DECLARATION}<Response>{verbs}</Response>".encode()
