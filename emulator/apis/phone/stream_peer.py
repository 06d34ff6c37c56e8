"""The emulator's side of a media stream: a chat whose client is a telephone.

What the caller says comes as mu-law; what the assistant says goes out as mu-law. The chat's other
messages are in the journal alone, since a telephone shows nothing.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial

from emulator.apis.evi.chat.live import LiveChat
from emulator.apis.evi.chat.messages import AudioSettings, SessionSettings
from emulator.apis.evi.chat.opening import ChatOptions, PhoneCaller, start_chat
from emulator.apis.phone.playing import Playing
from emulator.apis.phone.state import PhoneState
from emulator.audio import mulaw
from emulator.audio.tones import LIVE_SAMPLE_RATE
from emulator.audio.wav import HEADER_BYTES
from emulator.contract.findings import Finding, find
from emulator.errors import ApiError
from emulator.journal.entries import FrameEntry
from emulator.jsontext import JsonObject, JsonTextError, parse
from emulator.sockets.outbound import LONGEST_SHOWN, NORMAL_CLOSE, Outbound, OutboundFrame, shown
from emulator.sockets.socket import OnBug, Peer
from emulator.timers import Timer
from emulator.twilio.messages import (
    Clear,
    Connected,
    Dtmf,
    Mark,
    Media,
    MessageProblem,
    Start,
    Stop,
    ToTwilio,
    read_from_twilio,
    to_json,
)
from emulator.world.world import World

_LINE = SessionSettings(
    type="session_settings",
    audio=AudioSettings(encoding="linear16", channels=1, sample_rate=mulaw.RATE),
)
_GRACE_MS = 1_000  # for the mark after the last sound, once it should have been played
_LAST_MARK = "chat_ended"
_KEPT_SOUNDS = 64
_KEPT_SIZES = 16


class MediaStreamPeer(Peer):
    """One call: its stream, and the chat that it begins."""

    def __init__(self, world: World, outbound: Outbound, call_sid: str, on_bug: OnBug) -> None:
        self._world = world
        self._outbound = outbound
        self._call_sid = call_sid
        self._on_bug = on_bug
        self._stream_sid = ""
        self._live: LiveChat | None = None
        self._turn = 0
        self._playing = Playing(world.clock)
        self._closing: Timer | None = None
        self._is_stopped = False  # Twilio hears no more
        self._note_facts()

    def _note_facts(self) -> None:
        self._outbound.facts = {"chat_id": self._outbound.chat_id, "turn": self._turn}

    # from Twilio

    def receive_bytes(self, data: bytes) -> None:
        self._ignore({"bytes": len(data)}, "it is binary, and messages are JSON text")

    def receive_text(self, text: bytes) -> None:
        try:
            content = parse(text)
            message = read_from_twilio(content)
        except JsonTextError as error:
            self._ignore(text[:LONGEST_SHOWN], error.message)
        except MessageProblem as problem:
            self._ignore(shown(content, text), str(problem))
        else:
            if isinstance(message, Media):  # 50 a second
                self._hear(message.sound)
            else:
                self._outbound.note("in", shown(content, text))
                self._receive(message)

    def _ignore(self, content: object, why: str) -> None:
        finding = find("stream_message_invalid", ("frame",), None, message=why)
        self._outbound.note("in", content, [finding])

    def _hear(self, sound: bytes) -> None:
        self._outbound.note_audio("media", _shown_media(len(sound)), sound, ())
        if self._live is not None:
            self._live.hear_audio(mulaw.decode(sound), self.put)

    def _receive(self, message: Connected | Start | Mark | Dtmf | Stop) -> None:
        match message:
            case Start():
                self._start(message)
            case Mark(name):
                self._playing.reached(name)
                if name == _LAST_MARK:
                    self._close()
            case Stop():
                self._is_stopped = True
                self.hang_up()
                self._close()
            case Connected() | Dtmf():
                pass  # the journal has them; the chat is not told of keys

    def _start(self, start: Start) -> None:
        """Begin the chat. A second start is ignored, as is one of another call."""
        if self._live is not None or start.call_sid != self._call_sid:
            expected = f"one start, of the call {self._call_sid}"
            finding = find("stream_message_invalid", ("frame", "start"), None, message=expected)
            self._outbound.note("in", None, [finding])
            return
        self._stream_sid = start.stream_sid
        state, playing = self._world.state(PhoneState), self._playing
        call = state.calls[self._call_sid]
        caller = PhoneCaller(  # which holds nothing that holds the chat, or it would be freed late
            call.caller_number,
            call.metadata(),
            partial(state.take_words, self._call_sid),
            lambda: playing.lasts,
        )
        options = ChatOptions(config_id=call.config_id, settings=_LINE, caller=caller)
        try:
            live = start_chat(self._world, options, self.put)
        except ApiError:  # its config was deleted meanwhile
            self._close()
            return
        live.on_bug = self._on_bug
        self._live = live

    # to Twilio

    def put(self, messages: Iterable[JsonObject], over: bool = False) -> None:
        """Say what a chat says, and close the stream once all is heard if the chat is over."""
        for content in messages:
            self._put(content)
        if over:
            self._end_soon()

    def _put(self, content: JsonObject) -> None:
        kind = content["type"]
        if kind == "chat_metadata":
            self._begin_chat(content["chat_id"])
        elif kind == "user_message" and not content["interim"]:
            self._turn += 1
            self._note_facts()
        if kind == "audio_output":
            self._say(content["data"])
            return
        note = shown(content, b"")
        self._world.journal.add(FrameEntry(self._outbound.chat_id, "out", note, on_phone=True))
        if kind == "user_interruption":
            self._playing.clear()
            self._send(Clear())
        elif kind == "assistant_end":
            self._mark(f"assistant_end {self._turn}")

    def _begin_chat(self, chat_id: str) -> None:
        self._outbound.chat_id = chat_id
        self._world.state(PhoneState).begin_chat(self._call_sid, chat_id)
        self._note_facts()

    def _say(self, data: str) -> None:
        sound = _on_the_line(data)
        self._playing.add(sound)
        self._send(Media(sound))

    def _mark(self, name: str) -> None:
        self._playing.expect(name)
        self._send(Mark(name))

    def _send(self, message: ToTwilio) -> None:
        if not self._outbound.takes_more():
            return
        content = to_json(message, self._stream_sid)
        if isinstance(message, Media):
            size = len(content["media"]["payload"])
            note = _shown_payload(size)
        else:
            size = len(self._stream_sid) + 50
            note = shown(content, b"")
        kind, facts = content["event"], self._outbound.facts
        self._outbound.send(OutboundFrame(kind, content, b"", size, facts, shown_as=note))

    # its end

    def _end_soon(self) -> None:
        """Close the stream when Twilio has played all that was sent."""
        if self._is_stopped or not self._playing.is_on:
            self._close()
            return
        self._mark(_LAST_MARK)
        at_ms = self._playing.until_ms + _GRACE_MS
        self._closing = self._world.timers.at(at_ms, self._close)

    def _close(self) -> None:
        self._world.timers.cancel(self._closing)
        if self._outbound.close_code is None:
            self._outbound.close(NORMAL_CLOSE)

    def closed(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        self.hang_up()
        self._world.timers.cancel(self._closing)
        return ()

    def fail(self, slug: str, message: str | None) -> None:
        if self._live is not None:
            self._live.fail(slug, message)

    def hang_up(self) -> None:
        """End the chat, since the caller is gone."""
        if self._live is not None:
            self._live.end()

    def crash(self) -> None:
        if self._live is not None:
            self._live.end("ERROR", "uncaught")

    def leave(self) -> None:
        if self._live is not None:
            self._live.leave(self.put)
        self.hang_up()
        self._world.timers.cancel(self._closing)
        self._on_bug = _ignore_bug


def _ignore_bug(error: Exception) -> None:
    """Do nothing: the connection, which reports bugs and holds its peer, is closed."""


@lru_cache(maxsize=_KEPT_SIZES)
def _shown_media(size: int) -> JsonObject:
    """Return what the journal shows of sound of so many bytes."""
    return {"type": "media", "data": f"({-(-size // 3) * 4} characters)"}


@lru_cache(maxsize=_KEPT_SIZES)
def _shown_payload(characters: int) -> JsonObject:
    """Return what the journal shows of sound that was sent."""
    return {"event": "media", "media": {"payload": f"({characters} characters)"}}


@lru_cache(maxsize=_KEPT_SOUNDS)
def _on_the_line(data: str) -> bytes:
    """Return a WAV file of the assistant's, in base64, as a telephone plays it."""
    try:
        pcm = b64decode(data)[HEADER_BYTES:]
    except binascii.Error:  # pragma: no cover - the emulator made it
        raise AssertionError("audio_output is base64") from None
    return mulaw.from_pcm(pcm, LIVE_SAMPLE_RATE)
