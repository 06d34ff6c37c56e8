"""The WebSocket of text-to-speech: text comes in pieces, speech goes out.

Its modules are imported when the first client connects, since they load pydantic.
"""

from collections.abc import Mapping

from emulator.sockets.socket import Opening, Socket
from emulator.world.world import World

SUBJECT = "text-to-speech socket"


def _open(world: World, parameters: Mapping[str, str], query: bytes) -> Opening:
    from emulator.apis.tts.stream_input import StreamOpening  # on pydantic, which takes 0.1 s

    return StreamOpening(world, query)


SOCKETS = (Socket("stream-input", SUBJECT, ("/v0/tts/stream/input",), _open),)
