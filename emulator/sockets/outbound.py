"""The frames that wait to be sent to one client, and the journal's entries of both directions."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from emulator.asgi import Receive, Send
from emulator.contract.findings import Finding, find
from emulator.faults.rules import FaultRule
from emulator.faults.sockets import (
    ALONE,
    BREAKS,
    OF_FRAMES,
    Fail,
    SocketBroken,
    SocketFaults,
    Struck,
    alone_at,
    message_of,
)
from emulator.journal.entries import FrameEntry
from emulator.jsontext import Json, JsonObject, JsonText, render
from emulator.sockets.audio_runs import AudioRuns
from emulator.timers import Timer
from emulator.waiting import until
from emulator.world.world import World

NORMAL_CLOSE = 1000
TOO_SLOW = 1008
LONGEST_SHOWN = 16_000  # bytes of a frame that the journal keeps
_SOUNDS = ("data", "audio")  # fields with base64 text
_MOST_BRACKETS = 200  # a frame with fewer can't be nested too deep for an answer


class OutboundFrame(NamedTuple):
    """A message to the client.

    With `data` it is a binary frame, of which the journal shows `content`. Without a `text` it is
    rendered when it is sent, so that sound takes little memory until then. Fault rules match
    `facts`, beside the type. The journal shows `shown_as` instead of the content, if given.
    """

    type: str
    content: JsonObject
    text: bytes
    size: int  # bytes, about
    facts: Mapping[str, Json]
    data: bytes = b""
    shown_as: Json = None
    is_spared: bool = False  # no fault strikes it


def _ignore_error(slug: str, message: str | None) -> None:
    """Do nothing: the connection is not open yet, or is closed."""


def _do_nothing() -> None:
    """Do nothing: the connection is not open yet, or is closed."""


class Outbound:
    """The frames for one client, in a queue that has a limit.

    `subject` is the contract's name of the socket. `begin_ms` is when the session began; a peer
    sets it, `facts`, `chat_id` and `joined` before it sends anything.
    """

    def __init__(self, send: Send, world: World, subject: str) -> None:
        self._send = send
        self._world = world
        self._subject = subject
        self._limit = world.settings.max_unsent_bytes
        self._journal, self._work = world.journal, world.work  # a reset gives the world others
        self._runs = AudioRuns(world)
        self._faults = world.faults
        self._socket_faults: SocketFaults | None = None
        self._frame = 0
        self.begin_ms = world.clock.now_ms()
        self.facts: Mapping[str, Json] = {}
        self.chat_id: str | None = None  # as the journal has it
        self.joined = False  # whether it is not the session's own client
        self._queue: deque[OutboundFrame | Struck] = deque()
        self._is_spared = False  # True while frames are added that no fault strikes
        self._timers: list[Timer] = []  # of faults that strike without a frame
        self._fail_session: Fail = _ignore_error
        self._hang_up: Callable[[], None] = _do_nothing
        self._unsent = 0  # bytes that wait, about
        self._being_sent = 0  # bytes
        self._is_over = False  # nothing is sent any more
        self._watchers: list[Callable[[], None]] = []  # of what waits, and of the end
        self._ready = asyncio.Event()
        self.close_code: int | None = None
        self._close_reason = ""
        self.client_reason = ""  # the text with which the client has closed the socket
        self.given_up = asyncio.Event()

    def open(self, receive: Receive, fail: Fail, hang_up: Callable[[], None]) -> None:
        """Begin to send, once the client is connected."""
        self._fail_session, self._hang_up = fail, hang_up
        self._socket_faults = SocketFaults(self._faults, self._send, receive, self._fail)
        for rule in self._faults:
            self._arm(rule)
        self._faults.watchers.append(self._arm)
        self._work.on_close.append(self._notify)

    def leave(self) -> None:
        """Stop the timers and the open run of audio: the client is gone."""
        self._end()
        self._runs.end()
        if self._notify in self._work.on_close:
            self._work.on_close.remove(self._notify)
        if self._arm in self._faults.watchers:
            self._faults.watchers.remove(self._arm)
        for timer in self._timers:
            self._world.timers.cancel(timer)

    def let_go(self) -> None:
        """Drop the callbacks: their owners hold this object, so the cycle would be freed late."""
        self._fail_session, self._hang_up = _ignore_error, _do_nothing
        self._socket_faults = None

    def _arm(self, rule: FaultRule) -> None:
        """Set a timer for a rule that strikes at a time, even if no frame is sent then."""
        at_ms = alone_at(rule)
        if at_ms is not None:
            self._timers.append(self._world.timers.at(self.begin_ms + at_ms, self._strike))

    def _fail(self, slug: str, message: str | None) -> None:
        """Send an error frame before the queue; nothing follows if the session ends with it.

        No fault strikes the frame, or one error would cause the next without end. A session that is
        over has no error to send, and what waits is its end.
        """
        waiting = list(self._queue)
        self._queue.clear()
        self._is_spared = True
        try:
            self._fail_session(slug, message)
        finally:
            self._is_spared = False
        if self.close_code is None or not self._queue:
            self._queue += waiting

    def _strike(self) -> None:
        """Apply the rules that are due without a frame; a broken session ends at this time."""
        if self._socket_faults is None or self.close_code is not None:
            return
        struck = self._socket_faults.strike(ALONE, self._all_facts(self.facts, ""))
        if struck:
            self._queue.append(struck)
            self._ready.set()
        if BREAKS & struck.keys():
            self._hang_up()

    def _all_facts(self, facts: Mapping[str, Json], type: str) -> JsonObject:
        at_ms = self._world.clock.now_ms() - self.begin_ms
        return {**facts, "frame": self._frame, "type": type, "at_ms": at_ms}

    def takes_more(self) -> bool:
        """True if frames may be added; a client is cut off if the queue is over its limit.

        Only the frames that already wait count: a single answer may be longer than the limit.
        """
        if self.close_code is None and self._unsent > self._limit:
            self.give_up()
        return self.close_code is None

    async def room(self, most: int) -> bool:
        """Wait until fewer than `most` bytes wait to be sent, with those on their way.

        Returns False if nothing can be added any more: the socket is closing, its client has left,
        or the world was reset.
        """
        await until(self._watchers, lambda: self._is_closing or self._waiting < most, None)
        return not self._is_closing

    @property
    def is_waiting(self) -> bool:
        """True if there is something to send, or the socket is closing."""
        return self._ready.is_set()

    @property
    def _waiting(self) -> int:
        return self._unsent + self._being_sent

    @property
    def _is_closing(self) -> bool:
        return self._is_over or self.close_code is not None or self._work.is_closed

    def _notify(self) -> None:
        for watcher in list(self._watchers):
            watcher()

    def _end(self) -> None:
        """Let those go on who wait for room, since there will be none."""
        self._is_over = True
        self._notify()

    def send(self, frame: OutboundFrame, findings: Sequence[Finding] = ()) -> None:
        """Add a frame to the queue and to the journal."""
        content = frame.shown_as
        if content is None:
            content = shown(frame.content, frame.text)
        self.note("out", content, findings)
        self._queue.append(frame._replace(is_spared=True) if self._is_spared else frame)
        self._unsent += frame.size
        self._ready.set()

    def close(self, code: int, reason: str = "") -> None:
        """Close the socket once the queue is sent."""
        self.close_code, self._close_reason = code, reason
        self._ready.set()
        self._notify()

    def give_up(self) -> None:
        """Cut off a client that does not read: its connection ends without a close frame."""
        error = (
            f"cut off: {self._limit} bytes and more wait for a client that does not read, the most "
            "that --max-unsent-bytes allows"
        )
        self.note_end("out", [find("socket_unread", ("socket",))], error=error)
        self._queue.clear()
        self.close_code = TOO_SLOW
        self.note_end("out", close=TOO_SLOW)
        self.given_up.set()
        self._notify()

    def note(self, direction: str, content: Json, findings: Sequence[Finding] = ()) -> None:
        """Add a frame to the journal."""
        entry = FrameEntry(self.chat_id, direction, content, joined=self.joined)
        self._add(entry, findings)

    def note_audio(
        self, type: str, content: Json, sound: bytes | str, findings: Sequence[Finding] = ()
    ) -> None:
        """Add a frame with the client's sound, as bytes or base64 text, to the journal."""
        self._runs.add(self.chat_id, self.joined, type, content, sound, findings)
        if findings:
            self._add_findings(findings, f"client -> {type}")

    def note_end(
        self,
        direction: str,
        findings: Sequence[Finding] = (),
        error: str | None = None,
        close: int | None = None,
    ) -> None:
        """Note in the journal how the socket ended, with the findings about that."""
        entry = FrameEntry(self.chat_id, direction, None, error, close, self.joined)
        self._add(entry, findings)

    def _add(self, entry: FrameEntry, findings: Sequence[Finding]) -> None:
        self._runs.end()
        if findings:
            entry.findings = tuple(findings)
        self._journal.add(entry)
        if findings:
            self._add_findings(findings, entry.in_short())

    def _add_findings(self, findings: Sequence[Finding], line: str) -> None:
        seq, now_ms = self._journal.seq, self._world.clock.now_ms()
        self._world.ledger.add(self._subject, findings, seq, now_ms, line)

    async def write(self) -> None:
        """Send frames as they are added, until the socket is closed."""
        try:
            await self._write_all()
        finally:
            self._end()

    async def _write_all(self) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            try:
                while self._queue:
                    await self._write_next()
            except SocketBroken as broken:
                self._hang_up()
                self.close_code = broken.close_code
                return
            if self.close_code is not None:
                if self._socket_faults is not None:
                    await self._socket_faults.let_go()
                if self._socket_faults is None or not self._socket_faults.stalls:
                    await self._send_close(self.close_code)
                return

    async def _send_close(self, code: int) -> None:
        reason = {"reason": self._close_reason} if self._close_reason else {}
        await self._send({"type": "websocket.close", "code": code, **reason})

    async def _write_next(self) -> None:
        """Send the queue's first frame. Raises SocketBroken if a fault breaks the connection."""
        frame, faults = self._queue.popleft(), self._socket_faults
        if not isinstance(frame, OutboundFrame):
            assert faults is not None
            await faults.pass_on(None, frame)
            return
        self._unsent -= frame.size
        self._being_sent = frame.size
        self._frame += 1
        payload = frame.data or (frame.text or render(frame.content)).decode()
        try:
            if faults is not None and faults.is_needed and not frame.is_spared:
                struck = faults.strike(OF_FRAMES, self._all_facts(frame.facts, frame.type))
                await faults.pass_on(payload, struck)
            else:
                await self._send(message_of(payload))
        finally:
            self._being_sent = 0
            if self._watchers:
                self._notify()


def shown(content: Json, text: bytes) -> Json:
    """Return a frame for the journal: without sound, and cut if it is too long.

    `text` is the frame's, or empty if it was not rendered yet. Of a frame that is nested too deep
    for an answer, the journal has only the type.
    """
    if not isinstance(content, dict):
        return text[:LONGEST_SHOWN]
    for key in _SOUNDS:
        if key in content and isinstance(content[key], str):
            content = {**content, key: f"({len(content[key])} characters)"}
            text = b""
    text = text or render(content)
    if len(text) > LONGEST_SHOWN:
        return text[:LONGEST_SHOWN]
    if _has_many_brackets(text) and not _fits_in_a_page(content):
        return f"({content.get('type')}: nested too deep to be shown)"
    return JsonText(text)


def _has_many_brackets(text: bytes) -> bool:
    if len(text) < 2 * _MOST_BRACKETS:  # each has its counterpart
        return False
    return text.count(b"[") + text.count(b"{") > _MOST_BRACKETS


def _fits_in_a_page(content: Json) -> bool:
    try:
        render([[[[content]]]])
    except TypeError:
        return False
    return True
