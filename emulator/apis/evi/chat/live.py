"""A chat that is going on: its session, driven by messages from outside and by timers."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from pydantic import ValidationError

from emulator.apis.evi.chat.channel import ChatEnded, Output
from emulator.apis.evi.chat.messages import (
    AudioInput,
    ClientMessage,
    SessionSettings,
    client_message,
    read_frame,
    to_json,
)
from emulator.apis.evi.chat.session import Session
from emulator.clock import LaggingClock
from emulator.errors import Problem
from emulator.jsontext import Json, JsonObject
from emulator.redaction.names import HIDDEN
from emulator.timers import Timer, Timers

Listener: TypeAlias = Callable[[Output], None]


class SendFrames(Protocol):
    """Takes what a client is to be sent; `over` says that the chat has ended with it."""

    def __call__(self, messages: list[JsonObject], over: bool = False) -> None: ...


class LiveChat:
    """Hands every output of a session to all listeners, in the same order to each.

    Its clock may lag behind that of its world; the timers are the world's. A driver that moves
    the clock itself sets `driven`, and then no timers run.
    """

    def __init__(
        self,
        session: Session,
        clock: LaggingClock,
        timers: Timers,
        allows_connection: bool = False,
    ) -> None:
        self.session = session
        self.clock = clock
        self.allows_connection = allows_connection
        self.listeners: list[Listener] = []
        self.driven = False
        self.on_bug: Callable[[Exception], None] | None = None  # takes what a timer ran into
        self._clients: list[SendFrames] = []
        self._said: list[JsonObject] = []  # for those who join later
        self._timers = timers
        self._timer: Timer | None = None
        self._outputs: deque[Output] = deque()
        self._notifying = False

    # clients

    def join(self, send: SendFrames) -> None:
        """One more client: all that was sent so far first, then everything as it happens."""
        if self._said:
            send(self._said)
        self._clients.append(send)

    def leave(self, send: SendFrames) -> None:
        if send in self._clients:
            self._clients.remove(send)

    # what happens

    def start(self) -> None:
        self._notify(self.session.start())
        if self.session.request.settings is not None:
            self._mirror(self.session.request.settings)

    def receive(self, message: ClientMessage) -> None:
        """A message of its client, or through the control plane."""
        self._mirror(message)
        self._notify(self.session.receive(message))

    def receive_json(self, content: JsonObject) -> list[Problem]:
        """The same of a JSON object. Returns what is wrong with it if it is no message."""
        try:
            message = client_message.validate_python(content)
        except ValidationError as error:
            return [
                Problem(("body", *each["loc"][1:]), each["msg"], each["type"])
                for each in error.errors()
            ]
        self.receive(message)
        return []

    def receive_frame(self, content: Json, send: SendFrames, joined: bool = False) -> None:
        """What a text frame says that came from the client that `send` sends to.

        A client that joined may send anything but audio. What is wrong with a frame is told to
        its sender alone.
        """
        message = read_frame(content)
        if isinstance(message, str):
            self.refuse(send, "payload_parse", message)
        elif joined and isinstance(message, AudioInput):
            self.refuse(send, "audio_refused")
        else:
            self.receive(message)

    def refuse(self, send: SendFrames, slug: str, problem: str = "") -> None:
        """Tell one client that what it sent is no message."""
        if not self.session.is_over:
            send([self.session.new_error(slug, problem)])

    def hear_audio(self, data: bytes, send: SendFrames, joined: bool = False) -> None:
        """Sound from a client's microphone."""
        if joined:
            self.refuse(send, "audio_refused")
        else:
            self._notify(self.session.hear_audio(data))

    def hear(self, text: str, mood: Mapping[str, float] | None, lasted_ms: int) -> None:
        """Something that the user said aloud."""
        self._notify(self.session.hear(text, mood, lasted_ms))

    def tick(self) -> None:
        """Do what is due."""
        self._notify(self.session.tick())

    def hang_up(self) -> None:
        """The assistant ends it."""
        self._notify(self.session.hang_up())

    def fail(self, slug: str, message: str | None = None) -> None:
        """An error frame, which may be its end."""
        self._notify(self.session.fail(slug, message))

    def end(self, status: str = "USER_ENDED", slug: str | None = None) -> None:
        """Its client is gone, or it ends with another status."""
        self._notify(self.session.end(status, slug))

    def _mirror(self, message: ClientMessage) -> None:
        """Those who joined also see the client's settings, but for keys.

        Facts: docs/protocol.md#control-plane.
        """
        if self.allows_connection and isinstance(message, SessionSettings):
            shown = to_json(message)
            if message.language_model_api_key is not None:
                shown["language_model_api_key"] = HIDDEN
            self._said.append(shown)
            for send in self._clients[1:]:
                send([shown])

    def _notify(self, output: Output) -> None:
        """What a listener does in answer comes after what it answers, for every listener."""
        self._outputs.append(output)
        if self._notifying:
            return
        self._notifying = True
        try:
            while self._outputs:
                self._pass_on(self._outputs.popleft())
        finally:
            self._notifying = False
        self.set_timer()
        if self.session.is_over:
            self.let_go()

    def let_go(self) -> None:
        """Drop everybody who is told of it: who holds a chat that is over is freed with it."""
        self._timers.cancel(self._timer)
        self.listeners.clear()
        self._clients.clear()
        self.on_bug = None

    def _pass_on(self, output: Output) -> None:
        if self.allows_connection:
            self._said += output.messages
        for listener in list(self.listeners):
            listener(output)
        over = any(isinstance(event, ChatEnded) for event in output.events)
        if output.messages or over:
            for send in list(self._clients):
                send(output.messages, over)

    def set_timer(self) -> None:
        """Have the world's timers wake it when it next has something to do.

        A timer that rings too early stays: each word puts off what silence leads to, and woken for
        nothing it is set anew.
        """
        due_ms = None if self.driven else self.session.next_due_ms
        if due_ms is not None:
            due_ms += self.clock.lag_ms
        if self._timer is not None and not self._timer.cancelled:
            if due_ms is not None and self._timer.due_ms <= due_ms:
                return
            self._timers.cancel(self._timer)
        self._timer = None if due_ms is None else self._timers.at(due_ms, self._wake)

    def _wake(self) -> None:
        self._timer = None
        try:
            self.tick()
        except Exception as error:
            if self.on_bug is None:
                raise
            self.on_bug(error)
