"""The line between the caller and the other side: it passes 20 ms after 20 ms, both ways."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from emulator.errors import EmulatorError
from emulator.twilio.faults import CallFaults
from emulator.twilio.messages import FRAME_BYTES, FRAME_MS
from emulator.twilio.order import Limits
from emulator.twilio.pacing import Time
from emulator.twilio.record import Recorder
from emulator.twilio.talk import SILENT_FRAME, CallerFrame, Mode, Talk


class HungUp(Exception):
    """The call is over: a verb has hung up, or it has lasted too long."""


class CallerHungUp(HungUp):
    """The caller has hung up."""


class Copy(Protocol):
    """Gets a copy of what is heard on the line."""

    async def pass_on(self, said: CallerFrame, heard: bytes) -> None:
        """Take the next 20 ms of both sides."""
        ...


class PhoneLine:
    """Passes what both sides say, and moves the call's time with it."""

    def __init__(
        self,
        talk: Talk,
        time: Time,
        recorder: Recorder,
        limits: Limits,
        faults: CallFaults,
        announce: Callable[[str], Awaitable[None]],
    ) -> None:
        self._talk, self._time, self._limits = talk, time, limits
        self._recorder, self._faults, self._announce = recorder, faults, announce
        self._began_ms = time.now_ms()
        self._is_cut = False
        self.copies: list[Copy] = []

    @property
    def at_ms(self) -> int:
        """Return how much of the call has passed (ms)."""
        return self._recorder.at_ms

    def hang_up(self) -> None:
        """Let the call end with the next 20 ms."""
        self._is_cut = True

    async def frame(
        self, heard: bytes = SILENT_FRAME, is_speaking: bool = False, alone: bool = False
    ) -> CallerFrame:
        """Pass 20 ms of what the other side says; return what the caller does meanwhile.

        `alone` is True if nobody could say anything, so that no real time is waited for.
        Raises CallerHungUp if the caller hangs up.
        """
        self._check_end(is_speaking)
        said = self._talk.frame(is_speaking)
        if said.problem:
            self._recorder.problem(said.problem)
        if said.hangs_up:
            raise CallerHungUp
        if said.begins is not None:
            await self._tell_words(said.begins.text)
            until_ms = self.at_ms + said.begins.duration_ms
            self._recorder.tell("caller", said.begins.text, until_ms=until_ms)
        if said.key:
            self._recorder.tell("key", said.key)
        self._recorder.sound.add(self.at_ms, said.sound, heard)
        self._recorder.at_ms += FRAME_MS
        for copy in list(self.copies):
            await copy.pass_on(said, heard)
        is_waiting = not is_speaking and self._talk.is_silent and not alone
        await self._time.until(self._began_ms + self.at_ms, is_waiting)
        return said

    async def pass_silence(self, ms: int) -> None:
        """Pass a time (ms) in which the other side says nothing."""
        for _ in range(0, ms, FRAME_MS):
            await self.frame(alone=not self.copies)

    async def pass_sound(self, sound: bytes) -> None:
        """Pass what the other side says, as mu-law; the caller listens."""
        self._talk.begin(Mode.LISTEN)
        for at in range(0, len(sound), FRAME_BYTES):
            piece = sound[at : at + FRAME_BYTES]
            await self.frame(piece + SILENT_FRAME[len(piece) :], is_speaking=True)

    async def catch_up(self) -> None:
        """Pass the time that has gone by since the last 20 ms, while something was fetched."""
        behind_ms = self._time.now_ms() - self._began_ms - self.at_ms
        if not self.copies:
            self._recorder.at_ms += max(0, behind_ms // FRAME_MS * FRAME_MS)
            return
        await self.pass_silence(behind_ms // FRAME_MS * FRAME_MS)

    async def _tell_words(self, text: str) -> None:
        try:
            await self._announce(text)
        except EmulatorError as error:
            self._recorder.problem(str(error))

    def _check_end(self, is_speaking: bool) -> None:
        if self._is_cut or self._faults.hangs_up(self.at_ms, is_speaking):
            raise CallerHungUp
        if self.at_ms >= self._limits.call_ms:
            most_s = self._limits.call_ms / 1000
            self._recorder.problem(f"the call has lasted {most_s:g} s, the longest that is allowed")
            raise HungUp
