"""A call that speaks in real time, a message every 20 ms, and notes how late it is answered."""

import asyncio
import time

from benchmarks.phone_messages import CYCLE, SILENCE, CallMessages, cycle, last_of_turn
from benchmarks.servers import HOST
from benchmarks.web_socket import WebSocketClient, frame
from emulator.twilio.messages import FRAME_MS

_FRAME_S = FRAME_MS / 1000
_SOUND = b'"event":"media"'


class Caller(WebSocketClient):
    """One call. `due_ms` is when an answer is due after the message that ends a turn."""

    def __init__(self, path: str, messages: CallMessages, due_ms: int) -> None:
        super().__init__(path)
        self._messages = messages
        self._due_s = due_ms / 1000
        self._ended_at: float | None = None  # when the turn ended that has no answer yet
        self._loop = asyncio.get_running_loop()
        self._round = self._loop.create_future()
        self._late_ms: list[float] = []
        self.unanswered = 0  # turns

    def begin(self) -> None:
        """Send what comes before the sound."""
        for text in self._messages.first():
            self.send(frame(text))

    def take(self, text: bytes) -> None:
        """Take an answer; an echo answers with the message itself."""
        if self._ended_at is None or _SOUND not in text or not self._is_answer(text):
            return
        self._late_ms.append((time.perf_counter() - self._ended_at - self._due_s) * 1000)
        self._ended_at = None

    def _is_answer(self, text: bytes) -> bool:
        return True

    def take_late_ms(self) -> list[float]:
        """Return how late each turn was answered since the last call."""
        late_ms, self._late_ms = self._late_ms, []
        return late_ms

    async def talk(self, at: float, wait: int, turns: int) -> int:
        """Speak from a time of the loop on, after `wait` messages of silence.

        Silence follows the turns until all calls have had theirs. Returns the number of messages.
        """
        self._at, self._place = at, -wait
        self._silent_from = turns * CYCLE
        self._over = self._silent_from + CYCLE - wait
        self._ended_at, self._round = None, self._loop.create_future()
        self._loop.call_at(at, self._tick)
        await self._round
        return self._over + wait

    def _tick(self) -> None:
        """Send the message that is due now, and the overdue ones."""
        while True:
            self._say(self._place)
            self._place += 1
            self._at += _FRAME_S
            if self._place == self._over:
                self.unanswered += self._ended_at is not None
                self._round.set_result(None)
                return
            if self._at > self._loop.time():
                self._loop.call_at(self._at, self._tick)
                return

    def _say(self, place: int) -> None:
        is_silent = place < 0 or place >= self._silent_from
        text = self._messages.next(SILENCE if is_silent else cycle()[place % CYCLE])
        if not is_silent and place % CYCLE == last_of_turn():
            self.unanswered += self._ended_at is not None
            self._ended_at, self._ending = time.perf_counter(), text
        self.send(frame(text))


class EchoedCaller(Caller):
    """A call whose messages come back."""

    def __init__(self, messages: CallMessages) -> None:
        super().__init__("/", messages, 0)

    def _is_answer(self, text: bytes) -> bool:
        return text == self._ending


async def connect(port: int, caller: Caller) -> None:
    """Open the call's stream."""
    await asyncio.get_running_loop().create_connection(lambda: caller, HOST, port)
    await caller.opened
    caller.begin()
