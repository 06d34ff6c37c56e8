"""A two-way stream: the caller talks with a server until one of them ends it."""

from emulator.twilio.media_stream import MediaStream
from emulator.twilio.messages import FRAME_BYTES, FRAME_MS, Clear, Mark, Media, ToTwilio
from emulator.twilio.phone_line import PhoneLine
from emulator.twilio.playback import Playback, is_audible
from emulator.twilio.record import Recorder
from emulator.twilio.talk import Mode, Talk

_PAUSE_MS = 400  # of silence, after which a new line of the transcript begins
_NOTED_MS = 200  # of sound that a close drops, from which on it is worth a notice


class Conversation:
    """Passes sound between a stream and the line."""

    def __init__(
        self, stream: MediaStream, line: PhoneLine, talk: Talk, recorder: Recorder
    ) -> None:
        self._stream, self._line, self._talk, self._recorder = stream, line, talk, recorder
        self._playback = Playback()
        self._heard = HeardSpeech(recorder)

    async def run(self) -> None:
        """Talk until the server closes the stream. Raises HungUp when the caller hangs up."""
        self._talk.begin(Mode.CONVERSE)
        try:
            while True:
                for message in self._stream.received():
                    await self._take(message)
                if self._stream.is_over:
                    return
                await self._send_marks()
                await self._pass_frame()
        finally:
            self._heard.end()
            self._note_unheard()
            self._talk.begin(Mode.LISTEN)

    async def _pass_frame(self) -> None:
        is_speaking = self._playback.is_speaking
        sound = self._playback.play(FRAME_BYTES)
        self._heard.note(self._line.at_ms, is_speaking)
        said = await self._line.frame(sound, is_speaking)
        await self._stream.send_sound(said.sound)
        if said.key:
            await self._stream.send_key(said.key)
        await self._send_marks()

    async def _take(self, message: ToTwilio) -> None:
        match message:
            case Media(sound):
                if is_audible(sound):
                    self._talk.heard()
                if not self._playback.add(sound):
                    what = "more than ten minutes of sound wait to be played; the rest is dropped"
                    self._recorder.problem(what)
            case Mark(name):
                self._playback.mark(name)
            case Clear():
                await self._clear()

    async def _clear(self) -> None:
        dropped_ms = self._playback.waiting_ms
        if dropped_ms:
            self._talk.cleared()
            self._heard.end()
        marks = self._playback.clear()
        self._recorder.tell("clear", dropped_ms=dropped_ms)
        for name in marks:
            await self._stream.send_mark(name)

    async def _send_marks(self) -> None:
        for name in self._playback.reached():
            await self._stream.send_mark(name)

    def _note_unheard(self) -> None:
        unheard_ms = self._playback.waiting_ms
        if self._stream.is_over and self._playback.is_speaking and unheard_ms >= _NOTED_MS:
            self._recorder.notice(
                f"the server closed the stream with {unheard_ms / 1000:.1f} s of sound that was "
                "not heard; to say it all, wait for a mark behind it before you close"
            )


class HeardSpeech:
    """Notes from when until when the other side is heard."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._from_ms: int | None = None
        self._until_ms = 0

    def note(self, at_ms: int, is_speaking: bool) -> None:
        """Note whether the other side is heard from `at_ms` on, for 20 ms."""
        if is_speaking:
            self._from_ms = at_ms if self._from_ms is None else self._from_ms
            self._until_ms = at_ms + FRAME_MS
        elif at_ms - self._until_ms >= _PAUSE_MS:
            self.end()

    def end(self) -> None:
        """Tell what has been heard until now."""
        if self._from_ms is None:
            return
        begin_ms, self._from_ms = self._from_ms, None
        seconds = (self._until_ms - begin_ms) / 1000
        text = f"(speech of {seconds:.1f} s)"
        self._recorder.tell("answerer", text, at_ms=begin_ms, until_ms=self._until_ms)
