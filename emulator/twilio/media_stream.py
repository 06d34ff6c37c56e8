"""One media stream on Twilio's side: opened, fed with what is said, and stopped."""

from collections.abc import Callable
from dataclasses import dataclass

from emulator.jsontext import JsonObject
from emulator.outgoing.http_client import HttpClient
from emulator.twilio.callbacks import Callbacks
from emulator.twilio.faults import CallFaults, FaultySending
from emulator.twilio.form import CallFacts
from emulator.twilio.messages import (
    FRAME_MS,
    MessageProblem,
    Start,
    StreamWriter,
    ToTwilio,
    read_to_twilio,
)
from emulator.twilio.posting import Poster, PostProblem
from emulator.twilio.record import Recorder
from emulator.twilio.stream_plan import StreamPlan
from emulator.twilio.stream_socket import SocketRefused, StreamSocket, UnreadableMessage

_PLAIN_NOTICE = "the stream is opened with ws://, which only works here: Twilio wants wss://"


@dataclass(frozen=True, slots=True)
class StreamMeans:
    """The means with which a call opens streams."""

    client: HttpClient
    poster: Poster
    callbacks: Callbacks
    recorder: Recorder
    faults: CallFaults
    facts: CallFacts
    new_sid: Callable[[], str]
    request_s: float


class MediaStream:
    """A stream that is open. Sound of a track is sent 20 ms at a time."""

    def __init__(
        self, plan: StreamPlan, sid: str, socket: StreamSocket, means: StreamMeans
    ) -> None:
        self.plan, self.sid = plan, sid
        self._socket, self._means = socket, means
        self._began_ms = means.recorder.at_ms
        self._sending = FaultySending(means.faults)
        self._is_mute = False  # after a fault, nothing is sent
        self._broken = ""
        facts = means.facts
        start = Start(sid, facts.call_sid, facts.account_sid, plan.parameters, plan.tracks)
        self._writer = StreamWriter(start)

    @property
    def is_over(self) -> bool:
        """True if the server has closed the WebSocket, or it broke."""
        return self._socket.is_closed

    async def start(self, is_two_way: bool) -> None:
        """Say that the stream begins."""
        await self._socket.send(self._writer.connected())
        recorder = self._means.recorder
        if self._means.faults.strikes("no_stream", recorder.at_ms):
            self._is_mute = True
            return
        await self._socket.send(self._writer.start())
        recorder.tell(
            "stream_started",
            stream_sid=self.sid,
            url=self.plan.url,
            name=self.plan.name,
            two_way=is_two_way,
        )
        self._tell_server("stream-started")

    async def send_sound(self, sound: bytes, track: str = "inbound") -> None:
        """Send 20 ms of a track that have just passed."""
        if self._means.faults.strikes("drop", self._means.recorder.at_ms):
            self._broken = "a fault has broken its WebSocket"
            self._socket.abort()
        if self._is_mute:
            return
        at_ms = self._means.recorder.at_ms
        began_ms = max(0, at_ms - FRAME_MS - self._began_ms)
        for message in self._sending.media(self._writer.media(sound, began_ms, track), at_ms):
            await self._socket.send(message)

    async def send_key(self, key: str) -> None:
        """Send a key that the caller presses."""
        if not self._is_mute:
            await self._send_behind(self._writer.dtmf(key))

    async def send_mark(self, name: str) -> None:
        """Send a mark back."""
        self._means.recorder.tell("mark", name)
        if not self._is_mute:
            await self._send_behind(self._writer.mark(name))

    async def _send_behind(self, message: JsonObject) -> None:
        """Send a message behind the sound that a fault holds back: messages keep their order."""
        if not self._sending.holds(message):
            await self._socket.send(message)

    def received(self) -> list[ToTwilio]:
        """Return the messages that have come; a problem is told of what can't be read."""
        messages = []
        for content in self._socket.take():
            try:
                if isinstance(content, UnreadableMessage):
                    raise MessageProblem(str(content))
                messages.append(read_to_twilio(content, self.sid))
            except MessageProblem as problem:
                self._means.recorder.problem(f"a message of the stream can't be read: {problem}")
        return messages

    async def end(self, why: str) -> None:
        """Stop the stream, if the server has not closed it, and close its WebSocket."""
        if not self.is_over and not self._is_mute:
            for message in (*self._sending.rest(), self._writer.stop()):
                await self._socket.send(message)
        was_over = self.is_over
        await self._socket.close()
        if was_over and not self._broken:
            why = self._why_closed()
        self._means.recorder.tell("stream_ended", self._broken or why, stream_sid=self.sid)
        if self._broken:
            self._tell_server("stream-error", self._broken)
        self._tell_server("stream-stopped")

    def _why_closed(self) -> str:
        """Return how the server has ended the stream; a problem is told if that is not orderly."""
        why = self._socket.problem or f"the server closed it ({self._socket.close_code})"
        if self._socket.problem or not self._socket.is_orderly:
            self._broken = why
            self._means.recorder.problem(f"the stream has broken off: {why}")
        return why

    def _tell_server(self, event: str, error: str = "") -> None:
        tell_server(self._means, self.plan, self.sid, event, error)


async def open_stream(plan: StreamPlan, means: StreamMeans) -> MediaStream | None:
    """Open a stream's WebSocket. If that fails, tell a problem and return None."""
    sid, recorder = means.new_sid(), means.recorder
    try:
        target = means.poster.urls.target(plan.url)
        if plan.url.startswith("ws://"):
            recorder.notice(_PLAIN_NOTICE)
        headers = means.poster.headers(plan.url)
        socket = await StreamSocket.open(means.client, target, headers, means.request_s)
    except (SocketRefused, PostProblem) as problem:
        recorder.problem(f"the stream {plan.url} was not opened: {problem}")
        tell_server(means, plan, sid, "stream-error", str(problem))
        return None
    return MediaStream(plan, sid, socket, means)


def tell_server(
    means: StreamMeans, plan: StreamPlan, sid: str, event: str, error: str = ""
) -> None:
    """Tell the server that `statusCallback` names of an event of a stream."""
    url, method = plan.status_callback, plan.status_callback_method
    if url is not None:
        means.callbacks.stream_event(event, url, method, sid, plan.name, error)
