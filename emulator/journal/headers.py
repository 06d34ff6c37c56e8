"""The headers of a request as the journal keeps them: one short text, not many objects."""

from collections.abc import Iterable
from itertools import chain

from emulator.jsontext import JsonObject
from emulator.redaction.text import hide_in_header

_BETWEEN = b"\n"  # which no name and no value can hold


def kept_headers(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the headers of a request as one text, in the order in which they came."""
    return _BETWEEN.join(chain.from_iterable(headers))


def read_headers(text: bytes) -> list[tuple[str, str]]:
    """Return pairs of a name in small letters and a value, which may be a credential."""
    parts = [_decoded(part) for part in text.split(_BETWEEN)] if text else []
    return list(zip(parts[::2], parts[1::2], strict=True))


def shown_headers(text: bytes) -> JsonObject:
    """Return values by name, without credentials; repeated headers are joined as in HTTP."""
    return _joined((name, hide_in_header(name, value)) for name, value in read_headers(text))


def plain_headers(text: bytes) -> JsonObject:
    """Return values by name, with credentials; repeated headers are joined as in HTTP."""
    return _joined(read_headers(text))


def _joined(headers: Iterable[tuple[str, str]]) -> JsonObject:
    joined: dict[str, str] = {}
    for name, value in headers:
        between = "; " if name == "cookie" else ", "
        joined[name] = f"{joined[name]}{between}{value}" if name in joined else value
    return joined


def _decoded(part: bytes) -> str:
    """Decode UTF-8, as in a query, or else latin-1."""
    try:
        return part.decode()
    except UnicodeDecodeError:
        return part.decode("latin-1")
