"""Sends what Twilio sends on the media stream of a call, and places one for a benchmark."""

import re
from array import array
from base64 import b64decode
from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import urlencode

from emulator.apis.evi.chat.hearing import Ear, TurnDetection, TurnOver
from emulator.audio import mulaw
from emulator.audio.live_voices import USER_TONES
from emulator.audio.tones import LIVE_SAMPLE_RATE
from emulator.audio.wav import HEADER_BYTES
from emulator.jsontext import render
from emulator.twilio.messages import FRAME_BYTES, FRAME_MS, Start, StreamWriter

PER_SECOND = 1000 // FRAME_MS  # media messages of a call
CALL_PATH = "/v0/evi/twilio"
_WORDS = "Where is my order?"  # a second and a bit
_STREAM = re.compile(rb'<Stream url="\w+://[^/"]+([^"]+)"')


def form(number: int) -> bytes:
    """Return Twilio's form of a call, by its number."""
    start = start_of(number)
    fields = {
        "CallSid": start.call_sid,
        "AccountSid": start.account_sid,
        "From": "+4712345678",
        "To": "+4722334455",
        "CallStatus": "ringing",
    }
    return urlencode(fields).encode()


def start_of(number: int) -> Start:
    """Return what the stream of a call begins with."""
    return Start(f"MZ{number:032x}", f"CA{number:032x}", f"AC{1:032x}")


def stream_path(twiml: bytes) -> str:
    """Return the path of the stream that an answer connects to."""
    found = _STREAM.search(twiml)
    if found is None:
        raise SystemExit(f"no stream: {twiml!r}")
    return found[1].decode()


@cache
def speech() -> tuple[bytes, ...]:
    """Return a sentence as mu-law, in pieces of 20 ms."""
    chunks = (b64decode(chunk)[HEADER_BYTES:] for chunk in USER_TONES.wav_chunks(_WORDS))
    sound = b"".join(mulaw.from_pcm(pcm, LIVE_SAMPLE_RATE) for pcm in chunks)
    whole = len(sound) // FRAME_BYTES * FRAME_BYTES
    return tuple(sound[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES))


SILENCE = bytes([mulaw.SILENCE]) * FRAME_BYTES
CYCLE = 125  # messages from one turn to the next: 2.5 s


@cache
def last_of_turn() -> int:
    """Return the place of the message with which a turn is over by a config's turn detection."""
    ear = Ear(TurnDetection())
    for place, sound in enumerate(cycle()):
        for heard in ear.listen(array("h", mulaw.decode(sound)), mulaw.RATE):
            if isinstance(heard, TurnOver):
                return place
    raise AssertionError("a cycle has enough silence to end a turn")


@cache
def cycle() -> Sequence[bytes]:
    """Return the sound from the begin of one turn to that of the next, in pieces of 20 ms."""
    return [*speech(), *[SILENCE] * (CYCLE - len(speech()))]


class CallMessages:
    """The messages of one call: speech and silence by turns, a message for every 20 ms."""

    def __init__(self, number: int) -> None:
        self._writer = StreamWriter(start_of(number))
        self._sent = 0

    def first(self) -> Iterator[bytes]:
        """Yield what comes before the sound."""
        yield render(self._writer.connected())
        yield render(self._writer.start())

    def next(self, sound: bytes) -> bytes:
        """Return the next media message."""
        self._sent += 1
        return render(self._writer.media(sound, (self._sent - 1) * FRAME_MS))
