"""The emulator's side of a chat's connection: passes frames to the chat, and its messages out."""

from collections.abc import Iterable, Sequence

from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.chat.messages import read_frame
from emulator.apis.evi.contract.sockets import SocketAuditor
from emulator.apis.evi.strictness import frame_problems, in_one_sentence
from emulator.apis.voices.state import VoicesState
from emulator.contract.findings import Finding
from emulator.jsontext import Json, JsonObject, JsonTextError, parse, render
from emulator.sockets.outbound import (
    LONGEST_SHOWN,
    NORMAL_CLOSE,
    Outbound,
    OutboundFrame,
    shown,
)
from emulator.sockets.socket import Peer
from emulator.world.world import World

_AROUND_SOUND = 150  # bytes of an audio frame without its sound, about


class ChatPeer(Peer):
    """One client of a live chat: its own, or one that joined through the control plane."""

    live: LiveChat

    def __init__(self, world: World, outbound: Outbound) -> None:
        self._world = world
        self._outbound = outbound
        voices = world.state(VoicesState).voices
        self.auditor = SocketAuditor(world.ledger, voices, outbound.joined)
        self._turn = 0
        self._note_facts()

    def _note_facts(self) -> None:
        self._outbound.facts = {"chat_id": self._outbound.chat_id, "turn": self._turn}

    # to the client

    def put(self, messages: Iterable[JsonObject], over: bool = False) -> None:
        """Send messages, in order, and close the socket after them if `over`."""
        outbound = self._outbound
        if not outbound.takes_more():
            return
        for content in messages:
            self._put(content)
        if over:
            outbound.close(NORMAL_CLOSE)

    def _put(self, content: JsonObject) -> None:
        """Send a message; sound is rendered late, as all sentences share a few texts of it."""
        outbound, kind = self._outbound, content["type"]
        if kind == "chat_metadata":
            outbound.chat_id = content["chat_id"]
            self._note_facts()
        elif kind == "user_message" and not content["interim"]:
            self._turn += 1
            self._note_facts()
        text = b"" if kind == "audio_output" else render(content)
        size = len(text) or len(content["data"]) + _AROUND_SOUND
        frame = OutboundFrame(kind, content, text, size, outbound.facts)
        outbound.send(frame, self.auditor.send(kind, content))

    # from the client

    def receive_bytes(self, data: bytes) -> None:
        findings = self.auditor.hear(data)
        shown_sound = {"type": "audio", "bytes": len(data)}
        self._outbound.note_audio("audio", shown_sound, data, findings)
        self.live.hear_audio(data, self.put, self._outbound.joined)

    def receive_text(self, text: bytes) -> None:
        try:
            content = parse(text)
        except JsonTextError as error:
            broken = self.auditor.receive_broken(error.message)
            self._outbound.note("in", text[:LONGEST_SHOWN], broken)
            self.live.refuse(self.put, "invalid_json", error.message)
        else:
            self._receive(content, text)

    def _receive(self, content: Json, text: bytes) -> None:
        assistant, world = self.live.session.assistant, self._world
        refused = frame_problems(world.settings, world.state(VoicesState).voices, content)
        calls = (assistant.calls, assistant.dropped_calls)
        judged = self.auditor.receive(content, *calls, refused)
        if _is_audio(content) and not refused:
            shown_sound = shown(content, text)
            self._outbound.note_audio(
                content["type"], shown_sound, content["data"], judged.findings
            )
        else:
            self._outbound.note("in", shown(content, text), judged.findings)
        if refused:
            self.live.refuse(self.put, "payload_parse", in_one_sentence(refused))
        else:
            message = judged.message or read_frame(content)
            self.live.receive_frame(message, self.put, self._outbound.joined)

    # its end

    def closed(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        if not self._outbound.joined:
            self.live.end()
        session = self.live.session
        return self.auditor.end(code, by_server, session.status, session.assistant.calls)

    def fail(self, slug: str, message: str | None) -> None:
        self.live.fail(slug, message)

    def hang_up(self) -> None:
        if not self._outbound.joined:
            self.live.end()

    def crash(self) -> None:
        self.live.end("ERROR", "uncaught")

    def leave(self) -> None:
        self.live.leave(self.put)
        self.hang_up()


class RefusedPeer(Peer):
    """A client whose chat could not begin: it got an error frame, and its frames are ignored."""

    def __init__(self, auditor: SocketAuditor) -> None:
        self._auditor = auditor

    def receive_text(self, text: bytes) -> None:
        """Ignore the frame."""

    def receive_bytes(self, data: bytes) -> None:
        """Ignore the frame."""

    def closed(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        return self._auditor.end(code, by_server, None, {})

    def fail(self, slug: str, message: str | None) -> None:
        """Do nothing: there is no chat."""

    def hang_up(self) -> None:
        """Do nothing: there is no chat."""

    def crash(self) -> None:
        """Do nothing: there is no chat."""

    def leave(self) -> None:
        """Do nothing: there is no chat."""


def _is_audio(content: Json) -> bool:
    """True if a message of the client carries sound."""
    is_message = isinstance(content, dict) and content.get("type") == "audio_input"
    return is_message and isinstance(content.get("data"), str)
