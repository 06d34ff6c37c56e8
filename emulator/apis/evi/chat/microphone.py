"""The user's microphone: it takes sound, and yields what was said.

The words come from the script, a queue or ears; the sound determines when they are said.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from emulator.apis.evi.chat.hearing import WINDOW_MS, Ear, Sound, Speaking, TurnOver
from emulator.apis.evi.chat.messages import AudioSettings
from emulator.apis.evi.chat.recorder import Recorder
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.script import Speak
from emulator.apis.evi.chat.settings import EffectiveSettings
from emulator.apis.evi.ears.utterance import Recording
from emulator.audio.decoding.decoder import DecodeError, Decoder
from emulator.audio.decoding.pcm import PcmDecoder
from emulator.audio.decoding.recognition import (
    LONGEST_SIGN,
    begins_container,
    new_decoder,
    raw_decoder,
)

INTERIM_MS = 300  # length of speech between two interim transcripts
_MS_PER_WORD = 350
_MOST_BEFORE = 1_000  # windows of silence that a recording begins with
_AFTER = 20  # windows that a recording has after the last loud one: words may end softly


@dataclass(frozen=True, slots=True)
class Interim:
    """The words understood so far, of so much speech (ms)."""

    text: str
    spoken_ms: int


class Microphone:
    """Listens to one client's sound, from its first byte on."""

    def __init__(self, request: ChatRequest, settings: EffectiveSettings) -> None:
        detection = request.config.turn_detection
        before = min(detection.prefix_padding_ms // WINDOW_MS + 1, _MOST_BEFORE)
        self._recorder = None if request.ears is None else Recorder(before)
        self._ear = Ear(detection, self._recorder)
        self._transcribe = request.transcribe
        self._verbose = request.verbose_transcription
        self._settings = settings
        self._decoder: Decoder | None = None
        self._held = b""  # too few bytes to recognise their format
        self._audio: AudioSettings | None = None  # the settings that the decoder was made for
        self._said: Speak | None = None
        self._spoken_ms = 0
        self.is_deaf = False

    @property
    def is_hearing(self) -> bool:
        """True if the user is, or may be, in the middle of a turn."""
        return self._ear.is_hearing or len(self._held) > LONGEST_SIGN

    def feed(self, data: bytes) -> Iterator[Sound | Interim]:
        """Listen to the next bytes. Raises DecodeError, and ignores sound from then on.

        It listens again at the beginning of a container, or when new settings describe raw sound.
        """
        if self._begins_anew(data):
            self._decoder, self.is_deaf = None, False
        if self.is_deaf or not data:
            return
        self._audio = self._settings.audio
        try:
            if self._decoder is None:
                data = self._held + data
                self._decoder = new_decoder(data, self._audio)
                self._held = data if self._decoder is None else b""
            if self._decoder is not None:
                yield from self._listen(self._decoder, data)
        except DecodeError:
            self._decoder, self._held, self.is_deaf = None, b"", True
            raise

    def _begins_anew(self, data: bytes) -> bool:
        """True if a new decoder must be chosen, though there has been one."""
        if self.is_deaf and begins_container(data):
            return True
        audio = self._settings.audio
        if self._audio is audio or self._audio == audio:
            return False
        return self.is_deaf or isinstance(self._decoder, PcmDecoder)

    def _listen(self, decoder: Decoder, data: bytes) -> Iterator[Sound | Interim]:
        for samples in decoder.decode(data):
            for sound in self._ear.listen(samples, decoder.sample_rate):
                yield from self._with_interim(sound)

    def stop(self) -> Iterator[Sound | Interim]:
        """Treat bytes that may have begun a frame of MP3 or AAC as PCM, as no more sound comes."""
        if len(self._held) > LONGEST_SIGN:
            self._decoder = raw_decoder(self._audio)
            held, self._held = self._held, b""
            yield from self._listen(self._decoder, held)
        over = self._ear.stop()
        if over is not None:
            yield over

    def transcript(self) -> Speak | None:
        """Return what the user said in the turn that is over, if the script or the queue knows."""
        said, self._said = self._said or self._transcribe(), None
        return said

    def recording(self, turn: TurnOver) -> Recording | None:
        """Return the sound of the turn that is over, or None if nothing is recorded."""
        if self._recorder is None:
            return None
        return self._recorder.take(turn.begin_ms // WINDOW_MS, turn.end_ms // WINDOW_MS + _AFTER)

    def made_up(self) -> Speak:
        """Return words that state the length of the speech, since nobody knows the user's own."""
        return Speak(f"I have been speaking for {self._spoken_ms / 1000:.1f} seconds.")

    def _with_interim(self, sound: Sound) -> Iterator[Sound | Interim]:
        yield sound
        if isinstance(sound, TurnOver) or not isinstance(sound, Speaking):
            return
        self._spoken_ms = sound.spoken_ms
        if self._verbose and sound.spoken_ms % INTERIM_MS == 0:
            self._said = self._said or self._transcribe()
            words = [] if self._said is None else self._said.text.split()
            heard = words[: max(1, sound.spoken_ms // _MS_PER_WORD)]
            yield Interim(" ".join(heard) if words else "...", sound.spoken_ms)
