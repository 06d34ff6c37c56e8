"""Services that a call needs from the world around it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from emulator.audio.live_voices import ASSISTANT_TONES, USER_TONES, LiveVoice
from emulator.audio.mulaw import from_pcm
from emulator.audio.tones import SAMPLE_RATE
from emulator.ids import IdSource
from emulator.outgoing.http_client import HttpClient
from emulator.twilio.events import CallEvent, Watch
from emulator.twilio.pacing import Time
from emulator.twilio.posting import Urls

# Called with the call's SID and a text right before the caller says it: a test double hears words
# only if they are told to it. An EmulatorError that it raises is a problem of the call.
Announce = Callable[[str, str], Awaitable[None]]


async def announce_nothing(call_sid: str, text: str) -> None:
    """Tell nobody what the caller says."""


def watch_nothing(event: CallEvent) -> None:
    """Tell nobody what happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallServices:
    """The means of a call: connections, time, voices, and who is told what happens."""

    client: HttpClient
    time: Time
    urls: Urls
    voice: LiveVoice = USER_TONES  # the caller's
    say_voice: LiveVoice = ASSISTANT_TONES  # of the verb Say
    announce: Announce = announce_nothing
    watch: Watch = watch_nothing
    ids: IdSource = field(default_factory=IdSource)


def speech(voice: LiveVoice, text: str) -> bytes:
    """Return what a text sounds like on the line, as mu-law; at most two minutes of it."""
    utterance = voice.utterance(text, 0)
    pieces = utterance.pcm(utterance.duration_ms * SAMPLE_RATE // 1000)
    return b"".join(from_pcm(piece, SAMPLE_RATE) for piece in pieces if piece)
