"""A call that has come in: what Twilio said of it, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from emulator.jsontext import JsonObject

NEEDED = ("CallSid", "AccountSid", "From", "To")  # fields without which no call is connected

# The keys of a webhook's twilio_metadata, by the field of Twilio's form that each has.
METADATA: Mapping[str, str] = {
    "call_sid": "CallSid",
    "account_sid": "AccountSid",
    "from_number": "From",
    "to_number": "To",
    "caller_name": "CallerName",
    "caller_number": "Caller",
    "from_city": "FromCity",
    "from_state": "FromState",
    "from_zip": "FromZip",
    "from_country": "FromCountry",
    "to_city": "ToCity",
    "to_state": "ToState",
    "to_zip": "ToZip",
    "to_country": "ToCountry",
}
KEPT = tuple(METADATA.values())  # fields of a form; the others are forgotten


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A call by its CallSid: what is kept of Twilio's form, the config, the chat once it has begun.

    `words` are what the caller says next, as far as somebody has told.
    """

    form: Mapping[str, str]
    config_id: str | None
    at_ms: int
    chat_id: str | None = None
    words: tuple[str, ...] = ()

    @property
    def sid(self) -> str:
        """Return its CallSid."""
        return self.form["CallSid"]

    @property
    def caller_number(self) -> str:
        """Return the number that calls."""
        return self.form["From"]

    def metadata(self) -> dict[str, str]:
        """Return what webhooks tell of the call (docs/protocol.md#webhook-payloads)."""
        form = {"Caller": self.form["From"], **self.form}
        return {key: form[field] for key, field in METADATA.items() if field in form}

    def shown(self) -> JsonObject:
        """Return it as control routes and tests have it."""
        return {
            "call_sid": self.sid,
            "from_number": self.caller_number,
            "to_number": self.form["To"],
            "at_ms": self.at_ms,
            "chat_id": self.chat_id,
            "config_id": self.config_id,
        }

    def to_json(self) -> JsonObject:
        """Return it as a snapshot has it."""
        return {
            "form": dict(self.form),
            "config_id": self.config_id,
            "at_ms": self.at_ms,
            "chat_id": self.chat_id,
            "words": list(self.words),
        }

    @classmethod
    def from_json(cls, content: JsonObject) -> Self:
        """Return it as `to_json` wrote it."""
        return cls(
            content["form"],
            content["config_id"],
            content["at_ms"],
            content["chat_id"],
            tuple(content["words"]),
        )
