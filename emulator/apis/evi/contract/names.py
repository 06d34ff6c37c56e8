"""The names in each part of the coverage that EVI adds, in the order of reports."""

from collections.abc import Callable, Iterable, Mapping
from typing import get_args

from emulator.apis.evi.chat.messages import ServerMessage
from emulator.apis.evi.chat_query import chat_fields
from emulator.apis.evi.chat_store import CHAT_STATUSES
from emulator.apis.evi.contract.frames import BINARY, CLIENT_TYPES
from emulator.apis.evi.contract.handshakes import parameter_name
from emulator.apis.evi.contract.sockets import BROKEN, BY_CLIENT, BY_SERVER, error_name
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.apis.evi.strictness import message_fields
from emulator.apis.evi.webhooks import EVENT_NAMES

CLOSES = (f"{BY_CLIENT} 1000", f"{BY_SERVER} 1000", f"{BY_CLIENT} {BROKEN}", f"{BY_SERVER} 1011")
OWN_ERRORS = "EMU"  # the beginning of the codes of errors that only an emulator has

NAMES: Mapping[str, Callable[[], Iterable[str]]] = {
    "chat_parameters": lambda: (parameter_name(field.name) for field in chat_fields()),
    "messages_sent": lambda: (*CLIENT_TYPES, BINARY),
    "message_fields": lambda: (field.name for field in message_fields()),
    "messages_received": lambda: (
        model.model_fields["type"].default for model in get_args(ServerMessage)
    ),
    "error_codes": lambda: (
        error_name(text.code, text.slug)
        for text in CHAT_ERRORS.values()
        if not text.code.startswith(OWN_ERRORS)
    ),
    "close_codes": lambda: CLOSES,
    "chat_ends": lambda: (status for status in CHAT_STATUSES if status != "ACTIVE"),
    "webhooks": lambda: EVENT_NAMES,
}
