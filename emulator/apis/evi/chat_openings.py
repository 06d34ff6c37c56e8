"""Handshakes of chats: a new or resumed chat, and a connection to a live one.

docs/protocol.md has the facts about both.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from emulator.apis.evi.chat.live import MOST_JOINED, LiveChat
from emulator.apis.evi.chat.opening import check_events, refuse_chat, start_chat
from emulator.apis.evi.chat_peer import ChatPeer, RefusedPeer
from emulator.apis.evi.chat_query import ChatQuery, chat_fields, given_query, read_chat_query
from emulator.apis.evi.contract.handshakes import (
    judge_handshake,
    judge_handshake_voice,
    judge_repeated,
)
from emulator.apis.evi.errors import (
    CHAT_NOT_FOUND,
    CHAT_NOT_LIVE,
    CONNECTION_REFUSED,
    TOO_MANY_CHATS,
    TOO_MANY_JOINED,
)
from emulator.apis.evi.state import EviState
from emulator.apis.evi.strictness import handshake_problems
from emulator.apis.voices.state import VoicesState
from emulator.contract.findings import Finding
from emulator.errors import ApiError, Problem, ValidationFailed, api_error
from emulator.openapi.fields import Field
from emulator.sockets.outbound import Outbound
from emulator.sockets.socket import OnBug, Opening, Peer
from emulator.world.world import World


class ChatOpening(Opening):
    """The handshake of a chat, which is new, or resumes a chat group."""

    _wanted: ChatQuery  # set by `check`

    def __init__(self, world: World, parameters: Mapping[str, str], query_string: bytes) -> None:
        self._world = world
        self._query_string = query_string
        self.query = given_query(query_string)

    def audit(self) -> Sequence[Finding]:
        fields, voices = chat_fields(), self._world.state(VoicesState).voices
        return [
            *judge_handshake(self._world.ledger, fields, self.query),
            *judge_repeated(fields, self._query_string),
            *judge_handshake_voice(voices, self.query),
        ]

    def check(self) -> None:
        world = self._world
        voices = world.state(VoicesState).voices
        extra = handshake_problems(world.settings, voices, chat_fields(), self.query)
        if extra:
            raise ValidationFailed([*self._problems(), *extra])
        limit = world.settings.max_chats
        if limit is not None and len(world.state(EviState).live) >= limit:
            raise api_error(TOO_MANY_CHATS, limit=limit)
        check_events(world)
        self._wanted = read_chat_query(self._query_string)

    def _problems(self) -> Sequence[Problem]:
        """Return what any server refuses."""
        try:
            read_chat_query(self._query_string)
        except ValidationFailed as error:
            return error.problems
        return ()

    def open(self, outbound: Outbound, on_bug: OnBug) -> Peer:
        peer = ChatPeer(self._world, outbound)
        try:
            live = start_chat(self._world, self._wanted.to_options(), peer.put)
        except ApiError as error:
            peer.put([refuse_chat(self._world, error)], over=True)
            return RefusedPeer(peer.auditor)
        live.on_bug = on_bug
        peer.live = live
        return peer


class ConnectOpening(Opening):
    """The handshake of the control plane's connection to a live chat."""

    _live: LiveChat  # set by `check`

    def __init__(self, world: World, parameters: Mapping[str, str], query_string: bytes) -> None:
        self._world = world
        self._chat_id = parameters["chat_id"].lower()
        self._query_string = query_string
        self.query = given_query(query_string)

    def audit(self) -> Sequence[Finding]:
        fields = Field("")
        return [
            *judge_handshake(self._world.ledger, fields, self.query),
            *judge_repeated(fields, self._query_string),
        ]

    def check(self) -> None:
        world, state = self._world, self._world.state(EviState)
        voices = world.state(VoicesState).voices
        if extra := handshake_problems(world.settings, voices, Field(""), self.query):
            raise ValidationFailed(extra)
        live = state.live.get(self._chat_id)
        if live is None:
            known = state.chats.find_chat(self._chat_id) is not None
            raise api_error(CHAT_NOT_LIVE if known else CHAT_NOT_FOUND, id=self._chat_id)
        if not live.allows_connection:
            raise api_error(CONNECTION_REFUSED, id=self._chat_id)
        if not live.has_room:
            raise api_error(TOO_MANY_JOINED, id=self._chat_id, limit=MOST_JOINED)
        self._live = live

    def open(self, outbound: Outbound, on_bug: OnBug) -> Peer:
        live = self._live
        outbound.joined = True
        outbound.chat_id = self._chat_id
        outbound.begin_ms = live.session.start_ms + live.clock.lag_ms
        peer = ChatPeer(self._world, outbound)
        peer.live = live
        live.join(peer.put)
        return peer


MakeOpening: TypeAlias = Callable[[World, Mapping[str, str], bytes], Opening]

# By the kind of the socket; each is given the path's parameters and the query.
OPENINGS: Mapping[str, MakeOpening] = {"chat": ChatOpening, "connect": ConnectOpening}
