"""The form that Twilio posts about a call (docs/protocol.md#phone-calls)."""

from collections.abc import Mapping
from dataclasses import dataclass

API_VERSION = "2010-04-01"
_CITIES = {  # of numbers, by how they begin
    "+1": ("SAN FRANCISCO", "CA", "94105", "US"),
    "+44": ("LONDON", "", "", "GB"),
    "+49": ("BERLIN", "", "", "DE"),
    "+33": ("PARIS", "", "", "FR"),
}
_UNKNOWN = ("", "", "", "")
_PLACES = ("City", "State", "Zip", "Country")


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Facts about a call that don't change during it."""

    call_sid: str
    account_sid: str
    from_number: str
    to_number: str
    direction: str = "inbound"

    def form(self, status: str, **more: str) -> dict[str, str]:
        """Return the fields of a request about the call, with those of a verb or an event."""
        return {
            "CallSid": self.call_sid,
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "Direction": self.direction,
            "CallStatus": status,
            "CallerName": "EVI EMULATOR",
            "ForwardedFrom": self.to_number,
            "ParentCallSid": "",
            **_side(("From", "Caller"), self.from_number),
            **_side(("To", "Called"), self.to_number),
            **more,
        }


def _side(names: tuple[str, str], number: str) -> Mapping[str, str]:
    """Return one side of a call: its number and its place, each under both names."""
    found = (place for begin, place in _CITIES.items() if number.startswith(begin))
    place = next(found, _UNKNOWN)
    return {
        field: value
        for name in names
        for field, value in (
            (name, number),
            *((f"{name}{part}", text) for part, text in zip(_PLACES, place, strict=True)),
        )
    }
