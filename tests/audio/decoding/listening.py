"""What a microphone hears, and what a decoder makes of bytes."""

from array import array
from collections.abc import Iterable

from emulator.apis.evi.chat.hearing import TurnDetection, TurnOver
from emulator.apis.evi.chat.messages import AudioSettings
from emulator.apis.evi.chat.microphone import Microphone
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.settings import EffectiveSettings
from emulator.audio.decoding.decoder import Decoder, Samples
from tests.apis.evi.chat.chats import config_with
from tests.audio.decoding.recordings import RATE

PCM = AudioSettings(encoding="linear16", channels=1, sample_rate=RATE)


def new_microphone(audio: AudioSettings | None = PCM) -> tuple[Microphone, EffectiveSettings]:
    """A microphone, and the settings that say what its raw PCM is."""
    config = config_with(turn_detection=TurnDetection(prefix_padding_ms=0))
    settings = EffectiveSettings(config, most_added=1_000)
    settings.audio = audio
    return Microphone(ChatRequest(config, most_added=1_000), settings), settings


def turns(microphone: Microphone, pieces: Iterable[bytes]) -> list[TurnOver]:
    """The turns that the microphone hears in the pieces."""
    return [
        sound for piece in pieces for sound in microphone.feed(piece) if isinstance(sound, TurnOver)
    ]


def decoded(decoder: Decoder, pieces: Iterable[bytes]) -> Samples:
    """The samples of the pieces."""
    samples = array("h")
    for piece in pieces:
        for some in decoder.decode(piece):
            samples.extend(some)
    return samples
