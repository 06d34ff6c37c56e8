"""A stream of audio in real time, a frame every 100 ms, that notes how late it is answered."""

import asyncio
import math
import time
from array import array
from collections import deque
from functools import cache

from benchmarks.servers import API_KEY, HOST
from benchmarks.web_socket import BINARY_FRAME, WebSocketClient, frame

FRAME_MS = 100
CYCLE = 40  # frames: 3.3 s of speech, and silence
_SPOKEN = 33
_PATH = "/v1/expression/audio/realtime"
_RATE = 16_000  # Hz
# The frame of a cycle, from 0, with which each message is due: speech begins, has lasted 3 s, and
# has been over for half a second.
_DUE = {0: b"utterance.start", 29: b"measurement.result", 37: b"utterance.end"}
MESSAGES_IN_CYCLE = len(_DUE)


@cache
def frames() -> list[bytes]:
    """The frames of a cycle, ready to be sent."""
    samples = _RATE * FRAME_MS // 1000
    tone = array("h", (round(9_000 * math.sin(n / 5)) for n in range(samples))).tobytes()
    quiet = bytes(len(tone))
    return [frame(tone if n < _SPOKEN else quiet, BINARY_FRAME) for n in range(CYCLE)]


class Stream(WebSocketClient):
    """One session of audio."""

    def __init__(self) -> None:
        super().__init__(_PATH, f"X-Hume-Api-Key: {API_KEY}\r\n")
        self._loop = asyncio.get_running_loop()
        self._sent: deque[tuple[bytes, float]] = deque()  # what is due, and since when
        self._late_ms: list[float] = []
        self.wrong = 0  # messages that nothing was due for

    def take(self, text: bytes) -> None:
        """Take a message, and note how long after its frame it came."""
        if b'"session.created"' in text:
            return
        if self._sent and self._is_answer(text, self._sent[0][0]):
            _, sent_at = self._sent.popleft()
            self._late_ms.append((time.perf_counter() - sent_at) * 1000)
        else:
            self._ignore(text)

    def _is_answer(self, text: bytes, due: bytes) -> bool:
        return due in text

    def _ignore(self, text: bytes) -> None:
        self.wrong += 1

    def take_late_ms(self) -> list[float]:
        """Return how late each message came since the last call."""
        late_ms, self._late_ms = self._late_ms, []
        return late_ms

    async def speak(self, at: float, cycles: int) -> int:
        """Send cycles of frames, from a time of the loop on; return how many frames those are."""
        self._at, self._place, self._end = at, 0, cycles * CYCLE
        self._round = self._loop.create_future()
        self._loop.call_at(at, self._tick)
        await self._round
        return self._end

    def _tick(self) -> None:
        """Send the frame that is due now, and the overdue ones."""
        while True:
            place = self._place % CYCLE
            if place in _DUE:
                self._sent.append((_DUE[place], time.perf_counter()))
            self.send(frames()[place])
            self._place += 1
            self._at += FRAME_MS / 1000
            if self._place == self._end:
                self._round.set_result(None)
                return
            if self._at > self._loop.time():
                self._loop.call_at(self._at, self._tick)
                return


class EchoedStream(Stream):
    """A stream whose frames come back."""

    def __init__(self) -> None:
        super().__init__()
        self._returned = 0

    def _is_answer(self, text: bytes, due: bytes) -> bool:
        place, self._returned = self._returned % CYCLE, self._returned + 1
        return place in _DUE

    def _ignore(self, text: bytes) -> None:
        """Do nothing: it is a frame for which no message would be due."""
        if not self._sent:
            self._returned += 1


async def connect(port: int, stream: Stream) -> None:
    """Open the session."""
    await asyncio.get_running_loop().create_connection(lambda: stream, HOST, port)
    await stream.opened
