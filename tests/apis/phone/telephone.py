"""Twilio's end of a media stream, for tests: it posts the form, and speaks in 20 ms steps."""

import json
import re
from base64 import b64decode
from contextlib import ExitStack
from typing import Any, Self
from xml.etree import ElementTree

import httpx
from websockets.sync.client import ClientConnection, connect

from emulator.apis.evi.state import EviState
from emulator.audio import mulaw
from emulator.audio.live_voices import USER_TONES
from emulator.audio.wav import HEADER_BYTES
from emulator.jsontext import JsonObject
from emulator.testing.world import Evi
from emulator.twilio.messages import FRAME_BYTES, FRAME_MS, Start, StreamWriter
from emulator.waiting import until

CALL_SID, ACCOUNT_SID, STREAM_SID = "CA" + "1" * 32, "AC" + "2" * 32, "MZ" + "3" * 32
FORM = {
    "CallSid": CALL_SID,
    "AccountSid": ACCOUNT_SID,
    "From": "+4712345678",
    "To": "+4722334455",
    "Caller": "+4712345678",
    "FromCity": "OSLO",
    "CallStatus": "ringing",
}
PATIENCE_S = 5


def post(evi: Evi, form: JsonObject | None = None, **query: str) -> httpx.Response:
    """Post a call as Twilio does, with the key in the query."""
    parameters = {"api_key": evi.api_key, **query}
    return httpx.post(
        f"{evi.url}/v0/evi/twilio", params=parameters, data=FORM if form is None else form
    )


def stream_url(answer: httpx.Response) -> str:
    """Return the stream that an answer connects to."""
    stream = ElementTree.fromstring(answer.text).find("Connect/Stream")
    assert stream is not None, answer.text
    return stream.attrib["url"]


def speech(text: str) -> bytes:
    """Return a text as the caller's mu-law."""
    chunks = (b64decode(chunk)[HEADER_BYTES:] for chunk in USER_TONES.wav_chunks(text))
    return b"".join(mulaw.from_pcm(pcm, 48_000) for pcm in chunks)


class Telephone:
    """One stream, whose time is the world's frozen clock."""

    def __init__(self, evi: Evi, socket: ClientConnection, start: Start | None = None) -> None:
        self._evi = evi
        self.socket = socket
        self.writer = StreamWriter(start or Start(STREAM_SID, CALL_SID, ACCOUNT_SID))
        self._at_ms = 0

    def begin(self) -> Self:
        self.send(self.writer.connected())
        self.send(self.writer.start())
        return self

    def send(self, message: Any) -> None:
        self.socket.send(json.dumps(message))

    def speak(self, sound: bytes) -> None:
        """Send sound in messages of 20 ms, without waiting."""
        for begin in range(0, len(sound), FRAME_BYTES):
            self.send(self.writer.media(sound[begin : begin + FRAME_BYTES], self._at_ms))
            self._at_ms += FRAME_MS

    def say(self, text: str, silence_ms: int = 1_000) -> None:
        """Say something, and be silent for as long as ends a turn."""
        self.speak(speech(text))
        self.speak(bytes([mulaw.SILENCE]) * (silence_ms * 8))

    def read(self) -> Any:
        """Return the next message that the emulator sends."""
        return json.loads(self.socket.recv(timeout=PATIENCE_S))

    def read_until(self, event: str) -> list[Any]:
        """Return messages up to the first of that event."""
        messages = [self.read()]
        while messages[-1]["event"] != event:
            messages.append(self.read())
        return messages


class Telephones:
    """Places calls to a world, and closes their streams at the end of a test."""

    def __init__(self, evi: Evi) -> None:
        self._evi = evi
        self.open = ExitStack()

    def __call__(
        self, start: Start | None = None, form: JsonObject | None = None, **query: str
    ) -> Telephone:
        """Post a call and connect to its stream."""
        url = stream_url(post(self._evi, form, **query))
        socket = self.open.enter_context(connect(url, ping_interval=None))
        return Telephone(self._evi, socket, start)


def sound_of(messages: list[Any]) -> bytes:
    """Return the mu-law in media messages."""
    media = (each["media"]["payload"] for each in messages if each["event"] == "media")
    return b"".join(b64decode(payload) for payload in media)


def path_of(url: str) -> str:
    """Return a URL without scheme and host."""
    return re.sub(r"^\w+://[^/]+", "", url)


def _has(content: Any, wanted: dict[str, str]) -> bool:
    return isinstance(content, dict) and wanted.items() <= content.items()


def wait_for_frame(evi: Evi, findings: bool = False, **content: str) -> JsonObject:
    """Wait for a frame whose content has these fields, or that has findings."""
    found: list[JsonObject] = []

    def is_there() -> bool:
        frames = (each.to_json() for each in evi.world.journal.kept(0, kind="frame"))
        found[:] = [
            each
            for each in frames
            if (not findings or "findings" in each)
            and (not content or _has(each.get("content"), content))
        ]
        return bool(found)

    async def wait() -> bool:
        return await until(evi.world.journal.watchers, is_there, PATIENCE_S)

    assert evi._bridge.run(wait()), f"no such frame: {content}\n{evi.timeline()}"
    return found[0]


def wait_until_no_chat_is_live(evi: Evi) -> None:
    """Wait until the emulator has noticed that all callers are gone."""

    async def wait() -> bool:
        live = evi.world.state(EviState).live
        return await until(evi.world.journal.watchers, lambda: not live, PATIENCE_S)

    assert evi._bridge.run(wait())
