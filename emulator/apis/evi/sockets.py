"""The WebSockets of EVI: chats, and the control plane's connections to them.

`_open` is the boundary behind which live chats lie, with pydantic: their modules are imported when
the first client connects, since that takes longer than a server's start.
"""

from collections.abc import Mapping
from functools import partial

from emulator.apis.evi.errors import CHAT_ID_MISSING
from emulator.errors import api_error
from emulator.sockets.socket import Opening, Socket
from emulator.world.world import World

_SUBJECT = "chat socket"


def _open(kind: str, world: World, parameters: Mapping[str, str], query: bytes) -> Opening:
    """Return the handshake of this kind of socket."""
    from emulator.apis.evi.chat_openings import OPENINGS  # the boundary: 0.2 s

    return OPENINGS[kind](world, parameters, query)


def _without_id(path: str, world: World, parameters: Mapping[str, str], query: bytes) -> Opening:
    """Refuse a path without a chat's id. Raises ApiError (404)."""
    raise api_error(CHAT_ID_MISSING, path=path)


_CHAT = "/v0/evi/chat"

SOCKETS = (
    Socket("chat", _SUBJECT, (_CHAT,), partial(_open, "chat")),
    Socket(
        "connect",
        _SUBJECT,
        (f"{_CHAT}/{{chat_id}}/connect", f"{_CHAT}/{{chat_id}}/connect/"),
        partial(_open, "connect"),
    ),
    *(
        Socket(None, _SUBJECT, (path,), partial(_without_id, path))
        for path in (f"{_CHAT}/", f"{_CHAT}/connect", f"{_CHAT}/connect/")
    ),
)
