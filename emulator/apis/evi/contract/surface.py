"""Everything that a client can exercise of EVI beside its operations."""

from collections.abc import Iterable
from functools import partial

from emulator.contract.surface import SurfacePart


def _names(part: str) -> Iterable[str]:
    from emulator.apis.evi.contract.names import NAMES  # imports pydantic, which takes 0.1 s

    return NAMES[part]()


_COUNTS = {
    "chat_parameters": "query parameters of a chat's handshake",
    "messages_sent": "types of messages from the client",
    "message_fields": "fields of messages from the client",
    "messages_received": "types of messages to the client",
    "error_codes": "the service's errors in a chat",
    "close_codes": "who ended a connection, with which code",
    "chat_ends": "statuses in which chats ended",
    "webhooks": "webhook events that a receiver accepted",
}
EVI_COVERAGE_PARTS = tuple(
    SurfacePart(name, counts, partial(_names, name)) for name, counts in _COUNTS.items()
)
