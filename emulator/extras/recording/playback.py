"""Playback of one conversation: the server's frames are sent, the client's are compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from emulator.extras.recording.differences import ABSENT, Difference, at, differing_bodies
from emulator.extras.recording.format import BROKEN, Closed, Conversation, Frame

Step: TypeAlias = Frame | Closed


@dataclass(frozen=True, slots=True)
class Due:
    """The server's next frame or close, `after_ms` after the step before it."""

    step: Step
    after_ms: float


class Playback:
    """Follows a conversation as the client's frames come, and collects `differences`.

    Sound is expected where it was recorded, but its content and length are not compared: no
    microphone gives the same sound twice.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.differences: list[Difference] = []
        self._opened = conversation.opened
        closed = conversation.closed
        self._steps: list[Step] = [*conversation.frames, *([closed] if closed else [])]
        self._next = 0
        self._had_sound = False  # in the expected run of sound, or the one that just ended
        self._over = False

    @property
    def waits_for_sound(self) -> bool:
        """True if some sound has come and more was recorded, which may not come this time."""
        step = self._expected
        return self._had_sound and isinstance(step, Frame) and step.is_sound

    @property
    def _expected(self) -> Step | None:
        return self._steps[self._next] if self._next < len(self._steps) else None

    def due(self) -> Iterator[Due]:
        """Yield what the server sends before the client's next frame."""
        while (step := self._expected) is not None and step.sender == "server":
            before = self._steps[self._next - 1] if self._next else self._opened
            self._next += 1
            yield Due(step, max(0, step.at_ms - before.at_ms))

    def receive(self, frame: Frame) -> Iterator[Due]:
        """Compare a client's frame with the recorded one; yield what the server sends then."""
        if frame.is_sound:
            yield from self._hear(frame)
            return
        yield from self.end_sound()
        step = self._expected
        if not isinstance(step, Frame):
            self._differ(step, ABSENT, frame.content.value or frame.type)
            return
        self._had_sound = False
        if step.is_sound:  # but none came
            self._differ(step, f"sound ({step.type})", frame.type)
            self._had_sound = True
            yield from self.end_sound()
            yield from self.receive(frame)
            return
        self._next += 1
        where = (step.line, self._subject, self._place(step))
        self.differences += at(*where, differing_bodies(step.content, frame.content))
        yield from self.due()

    def _hear(self, frame: Frame) -> Iterator[Due]:
        step = self._expected
        if isinstance(step, Frame) and step.is_sound:
            if step.type != frame.type:
                self._differ(step, step.type, frame.type, "type")
            self._had_sound = True
            self._next += 1
            yield from self.due()
        elif not self._had_sound:
            self._differ(step, ABSENT if step is None else step.kind, f"sound ({frame.type})")
            self._had_sound = True

    def end_sound(self) -> Iterator[Due]:
        """Skip recorded sound that has not come, and yield what the server sends then."""
        while self.waits_for_sound:
            self._next += 1
            yield from self.due()

    def close(self, code: int) -> None:
        """Note that the client has closed, with 1006 if its connection just ended."""
        list(self.end_sound())
        if isinstance(self._expected, Frame):
            self.stop()
        elif isinstance(self._expected, Closed) and self._expected.code != code:
            self._differ(self._expected, self._expected.code, code, "code")
        self._next = len(self._steps)

    def stop(self) -> None:
        """Note as missing all that the client has not sent by now."""
        sound = False
        for step in self._steps[self._next :]:
            if (
                isinstance(step, Frame)
                and step.sender == "client"
                and not (step.is_sound and sound)
            ):
                self._differ(step, step.content.value or step.type, ABSENT)
                sound = step.is_sound
        self._next = len(self._steps)

    @property
    def _subject(self) -> str:
        return self._opened.name

    def _place(self, step: Step | None) -> tuple[str | int, ...]:
        if step is None:
            return ("frames", len(self._steps))
        if isinstance(step, Closed):
            return ("close",)
        return ("frames", next(i for i, each in enumerate(self._steps) if each is step))

    def _differ(self, step: Step | None, expected: object, got: object, *more: str) -> None:
        line = self._opened.line if step is None else step.line
        found = iter([(tuple(more), expected, got)])
        self.differences += at(line, self._subject, self._place(step), found)


def is_break(step: Step) -> bool:
    """True if the connection ends without a close frame."""
    return isinstance(step, Closed) and step.code == BROKEN
