"""A chat that is going on: its session, driven by messages from outside and by timers."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import TypeAlias

from emulator.chat.channel import Output
from emulator.chat.messages import ClientMessage, client_message
from emulator.chat.session import Session
from emulator.clock import LaggingClock
from emulator.jsontext import JsonObject
from emulator.timers import Timer, Timers

Listener: TypeAlias = Callable[[Output], None]


class LiveChat:
    """Hands every output of a session to all listeners, in the same order to each.

    Its clock may lag behind that of its world; the timers are the world's. A driver that moves
    the clock itself sets `driven`, and then no timers run.
    """

    def __init__(self, session: Session, clock: LaggingClock, timers: Timers) -> None:
        self.session = session
        self.clock = clock
        self.listeners: list[Listener] = []
        self.driven = False
        self._timers = timers
        self._timer: Timer | None = None
        self._outputs: deque[Output] = deque()
        self._telling = False

    def start(self) -> None:
        self._tell(self.session.start())

    def receive(self, message: ClientMessage) -> None:
        """A message of its client, or through the control plane."""
        self._tell(self.session.receive(message))

    def receive_json(self, content: JsonObject) -> None:
        """The same of a JSON object that is known to be a message."""
        self.receive(client_message.validate_python(content))

    def hear(self, text: str, mood: Mapping[str, float] | None, lasted_ms: int) -> None:
        """Something that the user said aloud."""
        self._tell(self.session.hear(text, mood, lasted_ms))

    def tick(self) -> None:
        """Do what is due."""
        self._tell(self.session.tick())

    def hang_up(self) -> None:
        """The assistant ends it."""
        self._tell(self.session.hang_up())

    def end(self, status: str = "USER_ENDED", slug: str | None = None) -> None:
        """Its client is gone, or it ends with another status."""
        self._tell(self.session.end(status, slug))

    def _tell(self, output: Output) -> None:
        """What a listener does in answer comes after what it answers, for every listener."""
        self._outputs.append(output)
        if self._telling:
            return
        self._telling = True
        try:
            while self._outputs:
                told = self._outputs.popleft()
                for listener in list(self.listeners):
                    listener(told)
        finally:
            self._telling = False
        self.set_timer()

    def set_timer(self) -> None:
        """Have the world's timers wake it when it next has something to do."""
        due_ms = None if self.driven else self.session.next_due_ms
        if due_ms is not None:
            due_ms += self.clock.lag_ms
        if self._timer is not None and not self._timer.cancelled:
            if self._timer.due_ms == due_ms:
                return
            self._timers.cancel(self._timer)
        self._timer = None if due_ms is None else self._timers.at(due_ms, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.tick()
