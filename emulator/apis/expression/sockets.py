"""The WebSockets of Expression Measurement: audio and images come as they are recorded.

Their modules are imported when the first client connects.
"""

from collections.abc import Mapping
from functools import partial

from emulator.sockets.socket import Opening, Socket
from emulator.world.world import World

SUBJECT = "expression socket"


def _open(endpoint: str, world: World, parameters: Mapping[str, str], query: bytes) -> Opening:
    from emulator.apis.expression.realtime_opening import RealtimeOpening  # with all that measures

    return RealtimeOpening(world, endpoint, query)


SOCKETS = tuple(
    Socket(
        f"{endpoint}-realtime",
        SUBJECT,
        (f"/v1/expression/{endpoint}/realtime",),
        partial(_open, endpoint),
    )
    for endpoint in ("audio", "video")
)
