"""Acts as the caller, 20 ms at a time: a machine without time of its own and without a socket.

The caller speaks in turns. A turn begins when the other side has said something and is silent
again, or when it has said nothing for as long as the caller waits.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from emulator.audio.mulaw import SILENCE
from emulator.twilio.messages import FRAME_BYTES, FRAME_MS
from emulator.twilio.order import HangUp, Limits, Press, Say, Step, Wait

SILENT_FRAME = bytes([SILENCE]) * FRAME_BYTES
_KEY_FRAMES = 10  # from one key to the next: 200 ms
_PAUSE_FRAMES = 25  # that the key w stands for: 500 ms


class Mode(Enum):
    """Limits to what the caller may do."""

    LISTEN = "say nothing"
    CONVERSE = "speak in turns with somebody who answers"
    DICTATE = "speak to somebody who can't answer"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text that the caller begins to say, and how long that takes (ms)."""

    text: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class CallerFrame:
    """The caller's part of 20 ms."""

    sound: bytes = SILENT_FRAME
    begins: Spoken | None = None  # with this frame
    key: str = ""
    problem: str = ""
    hangs_up: bool = False


_NOTHING = CallerFrame()


class Talk:
    """The caller's part of a call: steps that are taken one after the other."""

    def __init__(
        self, steps: Sequence[Step], speech: Callable[[str], bytes], limits: Limits
    ) -> None:
        """Begin with all steps to come; `speech` returns a text as mu-law."""
        self._steps = deque(steps)
        self._speech = speech
        self._limits = limits
        self._mode = Mode.LISTEN
        self._sound = b""  # that the caller is saying
        self._at = 0
        self._keys: deque[str] = deque()
        self._key_frames = 0  # until the next key
        self._waits_ms = 0  # of a step that waits
        self._quiet_ms = 0  # since somebody spoke
        self._most_quiet_ms = 0  # for which the caller waits for the other side
        self._asked = ""  # what needs an answer
        self._is_answered = False
        self._has_interrupted = False
        self._ready: CallerFrame | None = None  # of a step that was taken

    @property
    def is_conversing(self) -> bool:
        """True if the caller speaks to somebody who answers through a stream."""
        return self._mode is Mode.CONVERSE

    @property
    def is_silent(self) -> bool:
        """True if the caller neither speaks nor presses keys."""
        return self._at >= len(self._sound) and not self._keys and self._ready is None

    @property
    def next_step(self) -> Step | None:
        """Return the step that comes next, or None if all were taken."""
        return self._steps[0] if self._steps else None

    @property
    def steps(self) -> Sequence[Step]:
        """Return the steps that are still to be taken."""
        return tuple(self._steps)

    def begin(self, mode: Mode) -> None:
        """Start waiting for a turn, in a stream or a verb."""
        self._mode = mode
        limits = self._limits
        self._expect(limits.greeting_ms if self._steps else limits.patience_ms)

    def heard(self) -> None:
        """Note that the other side has sent more than silence."""
        self._is_answered = True

    def cleared(self) -> None:
        """Note that the other side has dropped what it was saying, so that an answer is due."""
        if self._has_interrupted:
            self._is_answered = False

    def add(self, steps: Sequence[Step]) -> None:
        """Add steps behind the others."""
        self._steps.extend(steps)

    def take(self) -> Step:
        """Take the next step with the next frame, for a verb that asks for it."""
        step = self._steps.popleft()
        self._ready = self._begin(step, False)
        return step

    def stop_pressing(self) -> str:
        """Press no more keys of this step; return the keys that were left."""
        left = "".join(self._keys)
        self._keys.clear()
        self._key_frames = 0
        return left

    def frame(self, is_speaking: bool) -> CallerFrame:
        """Return the caller's next 20 ms; `is_speaking` is True while the other side is heard."""
        if self._ready is not None:
            frame, self._ready = self._ready, None
            return frame
        if self._at < len(self._sound):
            return CallerFrame(self._next_sound())
        if self._keys:
            return self._next_key()
        self._quiet_ms = 0 if is_speaking else self._quiet_ms + FRAME_MS
        if self._waits_ms > 0:
            self._waits_ms -= FRAME_MS
            return _NOTHING
        if self._mode is Mode.LISTEN or not self._is_turn(is_speaking):
            return _NOTHING
        return self._turn(is_speaking)

    def _is_turn(self, is_speaking: bool) -> bool:
        step = self.next_step
        if isinstance(step, Say) and step.interrupt and is_speaking and self._is_answered:
            return True
        if self._mode is Mode.DICTATE:
            limits = self._limits
            return self._quiet_ms > (limits.reaction_ms if step else limits.patience_ms)
        most_ms = self._limits.reaction_ms if self._is_answered else self._most_quiet_ms
        return self._quiet_ms > most_ms

    def _turn(self, is_speaking: bool) -> CallerFrame:
        problem = ""
        if self._asked and not self._is_answered and self._mode is Mode.CONVERSE:
            problem = f"no answer to {self._asked!r} in {self._most_quiet_ms / 1000:g} s"
        step = self._steps.popleft() if self._steps else HangUp()
        if isinstance(step, Say) and step.interrupt and not is_speaking and not problem:
            problem = f"nobody was speaking whom {step.text!r} could have interrupted"
        frame = self._begin(step, is_speaking)
        return CallerFrame(frame.sound, frame.begins, frame.key, problem, frame.hangs_up)

    def _begin(self, step: Step, is_speaking: bool) -> CallerFrame:
        self._has_interrupted = is_speaking
        match step:
            case Say(text):
                self._sound, self._at = self._speech(text), 0
                duration_ms = len(self._sound) * FRAME_MS // FRAME_BYTES
                self._expect(self._limits.patience_ms, text)
                return CallerFrame(self._next_sound(), Spoken(text, duration_ms))
            case Press(keys):
                self._keys.extend(keys)
                self._expect(self._limits.greeting_ms)
                return self._next_key()
            case Wait(ms):
                self._waits_ms = ms - FRAME_MS
                self._expect(0)
                return _NOTHING
            case HangUp():
                return CallerFrame(hangs_up=True)

    def _expect(self, most_quiet_ms: int, asked: str = "") -> None:
        """Wait for the other side, at most so long; `asked` is what must be answered."""
        self._most_quiet_ms, self._asked = most_quiet_ms, asked
        self._quiet_ms, self._is_answered = 0, False

    def _next_sound(self) -> bytes:
        frame = self._sound[self._at : self._at + FRAME_BYTES]
        self._at += FRAME_BYTES
        self._quiet_ms = 0
        return frame + SILENT_FRAME[len(frame) :]

    def _next_key(self) -> CallerFrame:
        self._quiet_ms = 0
        if self._key_frames > 0:
            self._key_frames -= 1
            return _NOTHING
        key = self._keys.popleft()
        self._key_frames = _PAUSE_FRAMES if key == "w" else _KEY_FRAMES
        return _NOTHING if key == "w" else CallerFrame(key=key)
