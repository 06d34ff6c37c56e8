"""The user's side of a chat: what is said, typed or heard, and when."""

from base64 import b64decode
from collections.abc import Iterator, Mapping

from emulator.apis.evi.chat import frames
from emulator.apis.evi.chat.assistant import Assistant, End
from emulator.apis.evi.chat.channel import Channel
from emulator.apis.evi.chat.feelings import felt_in
from emulator.apis.evi.chat.hearing import Sound, Speaking, TurnOver
from emulator.apis.evi.chat.history import History
from emulator.apis.evi.chat.microphone import Interim, Microphone
from emulator.apis.evi.chat.prosody import USER_MOODS, sound_like
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.script import UserTurn
from emulator.apis.evi.chat.settings import EffectiveSettings
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.audio.decoding.decoder import DecodeError, DecoderMissingError
from emulator.clock import Clock


class User:
    """Takes the user's input, and lets the assistant answer.

    While the assistant says goodbye, the user is ignored (`is_ignored`).
    """

    def __init__(
        self,
        chat_id: str,
        request: ChatRequest,
        settings: EffectiveSettings,
        channel: Channel,
        history: History,
        assistant: Assistant,
        clock: Clock,
    ) -> None:
        self._chat_id = chat_id
        self._config = request.config
        self._survives_bad_audio = request.survives_bad_audio
        self._channel = channel
        self._history = history
        self._assistant = assistant
        self._clock = clock
        self._settings = settings
        self._microphone = Microphone(request, settings)
        self._turns = 0
        self._unanswered: UserTurn | None = None
        self._is_recording = False
        self._last_audio_ms = 0
        self.start_ms = self.last_ms = 0
        self.is_ignored = False

    def begin(self, now_ms: int) -> None:
        """Begin the chat at this time (ms)."""
        self.start_ms = self.last_ms = now_ms

    # words

    def type(self, text: str) -> None:
        """Take a typed message, which has no prosody."""
        self._say(text, None, 0)

    def speak(self, text: str, mood: Mapping[str, float] | None, lasted_ms: int) -> None:
        """Take something said aloud, which took `lasted_ms` and ends now."""
        self._start_recording()
        self._say(text, self._scores(text, mood), lasted_ms)

    def _say(self, text: str, scores: Mapping[str, float] | None, lasted_ms: int) -> None:
        if self.is_ignored:
            return
        self._interrupt()
        begin_ms, end_ms = self._send(text, scores, lasted_ms, interim=False)
        self._history.user_message(text, scores, begin_ms, end_ms)
        self.last_ms = self._clock.now_ms()
        self._turns += 1
        turn = UserTurn(self._turns, text, self._settings.take_context())
        if self._assistant.paused:
            self._unanswered = turn
        else:
            self._assistant.answer(turn)

    def _scores(self, text: str, mood: Mapping[str, float] | None) -> dict[str, float]:
        mood = felt_in(text) if mood is None else mood
        return sound_like(mood, USER_MOODS, self._chat_id, "user", self._turns)

    def _send(
        self, text: str, scores: Mapping[str, float] | None, lasted_ms: int, interim: bool
    ) -> tuple[int, int]:
        """Send the message, and return when it was said, in ms since the start."""
        end_ms = self._clock.now_ms() - self.start_ms
        begin_ms = max(0, end_ms - lasted_ms)
        self._channel.send(frames.user_message(text, scores, begin_ms, end_ms, interim))
        return begin_ms, end_ms

    def _interrupt(self) -> None:
        """Stop the assistant, which may be in the middle of a turn."""
        if self._assistant.is_busy and not self._assistant.paused:
            self._channel.send(frames.user_interruption(self._clock.now_ms()))
            self._history.add("USER_INTERRUPTION")
        self._assistant.drop(keep="input" if self._assistant.paused else None)

    def take_unanswered(self) -> UserTurn | None:
        """Return the latest turn that came while the assistant was paused."""
        turn, self._unanswered = self._unanswered, None
        return turn

    # sound

    @property
    def audio_over_ms(self) -> int | None:
        """Return when a turn under way is over if no more sound comes, or None."""
        if not self._microphone.is_hearing:
            return None
        return self._last_audio_ms + self._config.turn_detection.end_of_turn_silence_ms

    def hear_base64(self, data: str) -> End | None:
        """Take sound as an audio_input carries it."""
        try:
            sound = b64decode(data, validate=True)
        except ValueError as error:
            self._channel.error("payload_parse", problem=f"data: not base64 ({error})")
            return None
        return self.hear(sound)

    def hear(self, data: bytes) -> End | None:
        """Take sound from the microphone. Returns the end of the chat if it can't be decoded."""
        self._start_recording()
        self._last_audio_ms = self._clock.now_ms()
        return self._listen(self._microphone.feed(data))

    def stop_hearing(self) -> None:
        """End the user's turn, since the client sends no more sound."""
        self._listen(self._microphone.stop())

    def _start_recording(self) -> None:
        if not self._is_recording:
            self._is_recording = True
            self._history.add("USER_RECORDING_START_MESSAGE")

    def _listen(self, sounds: Iterator[Sound | Interim]) -> End | None:
        try:
            for sound in sounds:
                self._hear_sound(sound)
        except DecodeError as error:
            is_ours = isinstance(error, DecoderMissingError)
            slug = "audio_decoder_missing" if is_ours else "transcription_failure"
            if CHAT_ERRORS[slug].ends and not self._survives_bad_audio:
                return End("ERROR", slug, cause=str(error))
            self._channel.error(slug, cause=str(error))
        return None

    def _hear_sound(self, sound: Sound | Interim) -> None:
        match sound:
            case Speaking(spoken_ms):
                if spoken_ms >= self._config.min_interruption_ms and not self.is_ignored:
                    self._interrupt()
            case Interim(text, spoken_ms):
                if not self.is_ignored:
                    self._send(text, self._scores(text, None), spoken_ms, interim=True)
            case TurnOver():
                said = self._microphone.transcript()
                scores = self._scores(said.text, said.mood)
                self._say(said.text, scores, sound.end_ms - sound.begin_ms)
