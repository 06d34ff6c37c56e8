"""A live chat: its session, driven by messages from outside and by timers."""

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
    to_json,
)
from emulator.apis.evi.chat.session import Session
from emulator.apis.evi.ears.utterance import Hearing
from emulator.apis.evi.model.replies import Reply
from emulator.clock import LaggingClock
from emulator.errors import Problem
from emulator.jsontext import JsonObject
from emulator.redaction.names import HIDDEN
from emulator.timers import Timer, Timers

Listener: TypeAlias = Callable[[Output], None]

# A turn of 20 sentences is 90 frames, each of which takes 5 µs of the loop for each client.
MOST_JOINED = 100


class SendFrames(Protocol):
    """Takes frames for a client; `over` is true if the chat has ended with them."""

    def __call__(self, messages: list[JsonObject], over: bool = False) -> None: ...


class LiveChat:
    """Passes every output of a session to all listeners, in the same order to each; no empty ones.

    Its clock may lag behind its world's; the timers are the world's. A driver that moves the clock
    itself sets `driven`, and then no timers run.
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
        self.on_bug: Callable[[Exception], None] | None = (
            None  # takes an exception raised under a timer
        )
        self._clients: list[SendFrames] = []
        self._said: list[JsonObject] = []  # for clients that join later
        self._timers = timers
        self._timer: Timer | None = None
        self._outputs: deque[Output] = deque()
        self._notifying = False

    # clients

    def join(self, send: SendFrames) -> None:
        """Add a client: it gets everything sent so far, then everything as it happens."""
        if self._said:
            send(self._said)
        self._clients.append(send)

    @property
    def has_room(self) -> bool:
        """True if one more client may join, beside the chat's own."""
        return len(self._clients) <= MOST_JOINED

    def leave(self, send: SendFrames) -> None:
        if send in self._clients:
            self._clients.remove(send)

    # what happens

    def start(self) -> None:
        self._notify(self.session.start())
        if self.session.request.settings is not None:
            self._mirror(self.session.request.settings)

    def receive(self, message: ClientMessage) -> None:
        """Take a message from the chat's client, or from the control plane."""
        self._mirror(message)
        self._notify(self.session.receive(message))

    def receive_json(self, content: JsonObject) -> list[Problem]:
        """Take a message as a JSON object. Returns its problems if it is not a message."""
        try:
            message = client_message.validate_python(content)
        except ValidationError as error:
            return [
                Problem(("body", *each["loc"][1:]), each["msg"], each["type"])
                for each in error.errors()
            ]
        self.receive(message)
        return []

    def receive_frame(
        self, message: ClientMessage | str, send: SendFrames, joined: bool = False
    ) -> None:
        """Take a text frame from the client that `send` sends to, as `read_frame` returns it.

        A client that joined may send anything but audio. Only the sender learns what is wrong with
        a frame.
        """
        if isinstance(message, str):
            self.refuse(send, "payload_parse", message)
        elif joined and isinstance(message, AudioInput):
            self.refuse(send, "audio_refused")
        else:
            self.receive(message)

    def refuse(self, send: SendFrames, slug: str, problem: str = "") -> None:
        """Send one client an error frame: what it sent is not a message."""
        if not self.session.is_over:
            send([self.session.new_error(slug, problem)])

    def hear_audio(self, data: bytes, send: SendFrames, joined: bool = False) -> None:
        """Take sound from a client's microphone."""
        if joined:
            self.refuse(send, "audio_refused")
        else:
            output = self.session.hear_audio(data)
            if output.is_empty:
                self.set_timer()
            else:
                self._notify(output)

    def hear(self, text: str, mood: Mapping[str, float] | None, lasted_ms: int) -> None:
        """Take something that the user said aloud, which took `lasted_ms`."""
        self._notify(self.session.hear(text, mood, lasted_ms))

    def hear_model(self, question_id: str, reply: Reply) -> None:
        """Take a piece of what the language model says."""
        self._notify(self.session.hear_model(question_id, reply))

    def understand(self, utterance_id: str, hearing: Hearing) -> None:
        """Take the words of something that the user said."""
        self._notify(self.session.understand(utterance_id, hearing))

    def hear_voice(self, sound_id: str) -> None:
        """Take note that the sound of a sentence has been made, or could not be."""
        self._notify(self.session.hear_voice(sound_id))

    def tick(self) -> None:
        """Do what is due."""
        self._notify(self.session.tick())

    def hang_up(self) -> None:
        """End the chat as the assistant does, after a goodbye."""
        self._notify(self.session.hang_up())

    def fail(self, slug: str, message: str | None = None) -> None:
        """Send an error frame, which may end the chat."""
        self._notify(self.session.fail(slug, message))

    def end(self, status: str = "USER_ENDED", slug: str | None = None) -> None:
        """End the chat, since its client is gone, or with another status."""
        self._notify(self.session.end(status, slug))

    def _mirror(self, message: ClientMessage) -> None:
        """Show the client's settings, without keys, to the clients that joined.

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
        """Pass an output on; what a listener does in response comes after it for every listener."""
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
        """Drop all listeners and clients, so that who holds a finished chat is freed with it."""
        self._timers.cancel(self._timer)
        self.listeners.clear()
        self._clients.clear()
        self.on_bug = None

    def _pass_on(self, output: Output) -> None:
        if self.allows_connection:
            self._said += output.messages
        for listener in list(self.listeners):
            listener(output)
        events = output.events  # most outputs have none
        over = bool(events) and any(isinstance(event, ChatEnded) for event in events)
        if output.messages or over:
            for send in list(self._clients):
                send(output.messages, over)

    def set_timer(self) -> None:
        """Set one of the world's timers for when the session next has something to do.

        A timer that rings too early is kept: every word postpones what silence leads to, and
        `_wake` sets the timer again.
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
