"""The WebSocket of a call's media stream; its module is imported when the first one opens."""

from collections.abc import Mapping

from emulator.apis.phone.ticket import STREAM_PATH
from emulator.sockets.socket import Opening, Socket
from emulator.world.world import World

SUBJECT = "media stream"


def _open(world: World, parameters: Mapping[str, str], query: bytes) -> Opening:
    from emulator.apis.phone.stream_opening import MediaStreamOpening  # on pydantic: 0.1 s

    return MediaStreamOpening(world, parameters)


SOCKETS = (Socket("media-stream", SUBJECT, (STREAM_PATH,), _open, names_world=True),)
