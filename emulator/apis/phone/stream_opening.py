"""The handshake of a call's media stream."""

from collections.abc import Mapping, Sequence

from emulator.apis.phone.errors import STREAM_REFUSED
from emulator.apis.phone.state import PhoneState
from emulator.apis.phone.stream_peer import MediaStreamPeer
from emulator.apis.phone.ticket import LIFETIME_MINUTES, read_ticket
from emulator.contract.findings import Finding
from emulator.errors import api_error
from emulator.sockets.outbound import Outbound
from emulator.sockets.socket import OnBug, Opening, Peer
from emulator.world.world import World


class MediaStreamOpening(Opening):
    """A handshake whose path must be one that a call was answered with."""

    _call_sid: str  # set by `check`

    def __init__(self, world: World, parameters: Mapping[str, str]) -> None:
        self._world = world
        self._ticket = parameters["ticket"]
        self.query = {}  # Twilio drops the query of a stream's URL

    def audit(self) -> Sequence[Finding]:
        return ()

    def check(self) -> None:
        try:
            self._call_sid = read_ticket(self._world, self._ticket)
        except ValueError as error:
            raise api_error(STREAM_REFUSED, minutes=LIFETIME_MINUTES, why=error) from None
        call = self._world.state(PhoneState).calls.get(self._call_sid)
        if call is None or call.chat_id is not None:
            why = "its call has had its chat" if call else "the world was reset after the call"
            raise api_error(STREAM_REFUSED, minutes=LIFETIME_MINUTES, why=why)

    def open(self, outbound: Outbound, on_bug: OnBug) -> Peer:
        return MediaStreamPeer(self._world, outbound, self._call_sid, on_bug)
