"""The texts of the phone's errors: to a WebSocket, to a developer, and to the ear of a caller."""

from emulator.errors import ErrorText

STREAM_REFUSED = ErrorText(
    403,
    "stream_refused",
    "The path of the media stream is not good: {why}. POST /v0/evi/twilio gives out paths that are "
    "good for one chat and {minutes} minutes. Post the call again, and connect to the url of its "
    "<Stream>.",
)
CALL_UNKNOWN = ErrorText(
    404, "call_unknown", "No call has the CallSid {sid!r}{hint}; GET /_emulator/calls lists them."
)

# What a caller hears when a call can't be connected.
APOLOGY = "We are sorry, but your call cannot be connected at this time. Goodbye."
