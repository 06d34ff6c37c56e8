"""A call that is under way, as its verbs see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.twilio.callbacks import Callbacks
from emulator.twilio.form import CallFacts
from emulator.twilio.media_stream import StreamMeans
from emulator.twilio.order import CallOrder
from emulator.twilio.phone_line import PhoneLine
from emulator.twilio.posting import Poster, resolved
from emulator.twilio.record import Recorder
from emulator.twilio.services import CallServices
from emulator.twilio.stream_plan import read_method
from emulator.twilio.talk import Talk
from emulator.twilio.twiml import Element


@dataclass(frozen=True, slots=True)
class Request:
    """A request for the next document."""

    url: str
    method: str = "POST"
    fields: Mapping[str, str] = field(default_factory=dict)


class Rejected(Exception):
    """The call is busy: a verb has rejected it."""


@dataclass(slots=True)
class LiveCall:
    """A call as a verb needs it: the order, the line, the caller, the recorder of events."""

    order: CallOrder
    services: CallServices
    facts: CallFacts
    recorder: Recorder
    talk: Talk
    line: PhoneLine
    poster: Poster
    callbacks: Callbacks
    streams: StreamMeans
    url: str  # of the document that is followed
    answered_ms: int | None = None

    def action(
        self, element: Element, fields: Mapping[str, str], default: str = ""
    ) -> Request | None:
        """Return the request that a verb's `action` asks for, or None if it has none."""
        action = element.attributes.get("action", default)
        if not action:
            return None
        method = read_method(element, "method", self.recorder.problem)
        return Request(resolved(self.url, action.strip()), method, fields)
