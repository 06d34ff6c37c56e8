"""Reads what a `<Stream>` of TwiML asks for (docs/protocol.md#media-streams)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from emulator.errors import closest
from emulator.twilio.posting import METHODS, resolved
from emulator.twilio.twiml import Element
from emulator.twilio.verbs import (
    PARAMETER_ATTRIBUTES,
    STREAM_ATTRIBUTES,
    Tell,
    check_attributes,
)

MOST_IN_PARAMETER = 500  # characters of a name and its value
_TRACKS: Mapping[str, tuple[str, ...]] = {
    "inbound_track": ("inbound",),
    "outbound_track": ("outbound",),
    "both_tracks": ("inbound", "outbound"),
}


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """A media stream as TwiML describes it."""

    url: str
    name: str
    parameters: Mapping[str, str]
    tracks: tuple[str, ...] = ("inbound",)
    status_callback: str | None = None
    status_callback_method: str = "POST"


def read_stream(
    element: Element, document_url: str, kind: Literal["Connect", "Start"], tell: Tell
) -> StreamPlan | None:
    """Return what a `<Stream>` asks for; None if it can't be opened. Problems are told."""
    check_attributes(element, STREAM_ATTRIBUTES, tell)
    given = element.attributes
    url = _read_url(element, tell)
    if url is None:
        return None
    callback = given.get("statusCallback")
    method = read_method(element, "statusCallbackMethod", tell)
    return StreamPlan(
        url,
        given.get("name", ""),
        _read_parameters(element, tell),
        _read_tracks(element, kind, tell),
        resolved(document_url, callback.strip()) if callback else None,
        method,
    )


def read_method(element: Element, attribute: str, tell: Tell) -> str:
    """Return the method that an attribute names; POST by default."""
    method = element.attributes.get(attribute, "POST").upper()
    if method in METHODS:
        return method
    got = f"got {method!r}{closest(method, METHODS)}"
    tell(f"line {element.line}: {attribute} should be POST or GET, {got}")
    return "POST"


def _read_url(element: Element, tell: Tell) -> str | None:
    place, url = f"line {element.line}: <Stream url>", element.attributes.get("url", "").strip()
    if not url:
        tell(f"{place} is missing; it should begin with wss://")
        return None
    try:
        parts = urlsplit(url)
    except ValueError as error:
        tell(f"{place} can't be read: {error}")
        return None
    if parts.scheme not in ("wss", "ws") or not parts.netloc:
        tell(f"{place} should begin with wss://, got {url!r}; Twilio opens no other URL")
        return None
    if parts.query:
        tell(
            f"{place} has a query, {parts.query!r}, which Twilio drops; put the values into "
            '<Parameter name="..." value="..."/> in <Stream>'
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", ""))


def _read_parameters(element: Element, tell: Tell) -> dict[str, str]:
    found: dict[str, str] = {}
    for child in element.children:
        place = f"line {child.line}: "
        if child.name != "Parameter":
            hint = closest(child.name, ("Parameter",))
            tell(f"{place}<Stream> may have <Parameter>, got <{child.name}>{hint}")
            continue
        check_attributes(child, PARAMETER_ATTRIBUTES, tell)
        name, value = child.attributes.get("name", ""), child.attributes.get("value", "")
        if not name:
            tell(f"{place}a <Parameter> should have a name")
        elif len(name) + len(value) > MOST_IN_PARAMETER:
            size = len(name) + len(value)
            tell(
                f"{place}the name and the value of <Parameter> {name[:50]!r} have {size} "
                f"characters; {MOST_IN_PARAMETER} at most are sent, so it is left out"
            )
        else:
            found[name] = value
    return found


def _read_tracks(element: Element, kind: str, tell: Tell) -> tuple[str, ...]:
    track = element.attributes.get("track", "inbound_track")
    place = f"line {element.line}: <Stream track>"
    if track not in _TRACKS:
        tell(f"{place} should be one of {', '.join(_TRACKS)}, got {track!r}")
        return ("inbound",)
    if kind == "Connect" and track != "inbound_track":
        tell(f"{place} of <Connect> can only be inbound_track, got {track!r}")
        return ("inbound",)
    return _TRACKS[track]
