"""The user's side of a chat: what is said, typed or heard, and when."""

from base64 import b64decode
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from emulator.apis.evi.chat import frames
from emulator.apis.evi.chat.assistant import Assistant
from emulator.apis.evi.chat.channel import Channel, Dropped
from emulator.apis.evi.chat.feelings import felt_in
from emulator.apis.evi.chat.hearing import Sound, Speaking, TurnOver
from emulator.apis.evi.chat.history import History
from emulator.apis.evi.chat.microphone import Interim, Microphone
from emulator.apis.evi.chat.prosody import USER_MOODS, Scores, sound_like
from emulator.apis.evi.chat.recorder import MOST_SAMPLES
from emulator.apis.evi.chat.request import ChatRequest
from emulator.apis.evi.chat.script import UserTurn
from emulator.apis.evi.chat.settings import EffectiveSettings
from emulator.apis.evi.chat.turns import End
from emulator.apis.evi.ears.utterance import (
    Hearing,
    NotUnderstood,
    Recording,
    Understood,
    Utterance,
)
from emulator.apis.evi.errors import CHAT_ERRORS
from emulator.audio.decoding.decoder import DecodeError, DecoderMissingError
from emulator.audio.wav import SAMPLE_BYTES
from emulator.clock import Clock
from emulator.ids import IdSource

_MOST_WAITING = 2 * MOST_SAMPLES * SAMPLE_BYTES  # bytes of sound that wait for the ears


@dataclass(slots=True)
class _Said:
    """A turn of the user. Its text is None while the ears look for it, and if they find none."""

    text: str | None
    ended_ms: int
    is_spoken: bool = False
    mood: Mapping[str, float] | None = None
    lasted_ms: int = 0
    utterance: Utterance | None = None


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
        ids: IdSource,
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
        self._ears = request.ears
        self._ids = ids
        self._waiting: deque[_Said] = deque()  # the first one's words are awaited
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
        self._take(_Said(text, self._clock.now_ms()))

    def speak(self, text: str, mood: Mapping[str, float] | None, lasted_ms: int) -> None:
        """Take something said aloud, which took `lasted_ms` and ends now."""
        self._start_recording()
        self._take(_Said(text, self._clock.now_ms(), True, mood, lasted_ms))

    @property
    def is_awaited(self) -> bool:
        """True if the user has spoken, and the ears have not said yet what."""
        return bool(self._waiting)

    def _take(self, said: _Said) -> None:
        """Take a turn of the user, after those whose words are awaited."""
        self._waiting.append(said)
        if len(self._waiting) == 1:
            self._go_on()

    def _go_on(self) -> None:
        """Say what is known, up to the turn whose words the ears must find."""
        while self._waiting:
            said = self._waiting[0]
            if said.text is None and said.utterance is not None:
                self._channel.ask(said.utterance)
                return
            self._waiting.popleft()
            if said.text is not None:
                self._say(said.text, said)

    def understand(self, utterance_id: str, hearing: Hearing) -> End | None:
        """Take the words that the ears found; of noise, none. Returns the end if they fail."""
        said = self._waiting[0] if self._waiting else None
        if said is None or said.utterance is None or said.utterance.id != utterance_id:
            return None
        said.utterance, end = None, None
        match hearing:
            case Understood(text):
                said.text = text or None
            case NotUnderstood():
                end = self._not_understood()
        if end is None:
            self._go_on()
        return end

    def _not_understood(self) -> End | None:
        """Say that the ears failed, for which no client is to blame."""
        kind = CHAT_ERRORS["transcription_failure"]
        if self.is_ignored:
            return None
        if not self._survives_bad_audio:
            return End("ERROR", kind.slug, message=kind.message)
        self._channel.error(kind.slug, kind.message)
        return None

    def end(self) -> None:
        """Forget what was not understood yet."""
        if self._waiting and self._waiting[0].utterance is not None:
            self._channel.ask(Dropped(self._waiting[0].utterance.id))
        self._waiting.clear()

    def _say(self, text: str, said: _Said) -> None:
        if self.is_ignored:
            return
        self._interrupt()
        scores = self._scores(text, said.mood) if said.is_spoken else None
        begin_ms, end_ms = self._send(text, scores, said.ended_ms, said.lasted_ms, interim=False)
        self._history.user_message(text, scores, begin_ms, end_ms)
        self.last_ms = self._clock.now_ms()
        self._turns += 1
        turn = UserTurn(self._turns, text, self._settings.take_context())
        if self._assistant.paused:
            self._unanswered = turn
        else:
            self._assistant.answer(turn)

    def _scores(self, text: str, mood: Mapping[str, float] | None) -> Scores:
        mood = felt_in(text) if mood is None else mood
        return sound_like(mood, USER_MOODS, self._chat_id, "user", self._turns)

    def _send(
        self,
        text: str,
        scores: Scores | None,
        ended_ms: int,
        lasted_ms: int,
        interim: bool,
    ) -> tuple[int, int]:
        """Send the message, and return when it was said, in ms since the start."""
        end_ms = ended_ms - self.start_ms
        begin_ms = max(0, end_ms - lasted_ms)
        self._channel.send(frames.user_message(text, scores, begin_ms, end_ms, interim))
        return begin_ms, end_ms

    def _interrupt(self, aloud: bool = False) -> None:
        """Stop the assistant, which may be in the middle of a turn.

        Who speaks `aloud` interrupts also what was sent and is still being played.
        """
        is_talking = self._assistant.is_busy or (aloud and self._assistant.is_heard)
        if is_talking and not self._assistant.paused:
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

    def _has_room(self, recording: Recording) -> bool:
        """True if not too much sound waits for the ears; otherwise say so."""
        waits = (said.utterance.recording for said in self._waiting if said.utterance is not None)
        has_room = sum(len(each.pcm) for each in (*waits, recording)) <= _MOST_WAITING
        if not has_room:
            kind = CHAT_ERRORS["transcription_failure"]
            self._channel.error(kind.slug, kind.message)
        return has_room

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
                    self._interrupt(aloud=True)
            case Interim(text, spoken_ms):
                if not self.is_ignored:
                    now_ms = self._clock.now_ms()
                    self._send(text, self._scores(text, None), now_ms, spoken_ms, interim=True)
            case TurnOver():
                self._take_turn(sound)

    def _take_turn(self, turn: TurnOver) -> None:
        """Take a turn of sound: the script, the queue or the ears know its words."""
        known, recording = self._microphone.transcript(), self._microphone.recording(turn)
        said = _Said(None, self._clock.now_ms(), True, None, turn.end_ms - turn.begin_ms)
        if known is None and self._ears is not None and recording is not None:
            if self._has_room(recording) and not self.is_ignored:
                said.utterance = Utterance(self._ids.uuid(), self._ears, recording)
        else:
            spoken = known or self._microphone.made_up()
            said.text, said.mood = spoken.text, spoken.mood
        self.last_ms = self._clock.now_ms()
        self._take(said)
