"""What is on its way to one client of a chat, and what the journal is shown of both ways."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from starlette.types import Receive, Send

from emulator.contract.findings import Finding
from emulator.faults.rules import FaultRule
from emulator.jsontext import Json, JsonObject, JsonText, render
from emulator.timers import Timer
from emulator.web import bugs
from emulator.web.sockets.audio_runs import AudioRuns
from emulator.web.sockets.faults import (
    ALONE,
    BREAKS,
    OF_FRAMES,
    Fail,
    Sabotage,
    SocketBroken,
    Struck,
    alone_at,
)
from emulator.world.world import World

NORMAL_CLOSE = 1000  # also after an error frame (docs/protocol.md#errors-in-a-chat)
TOO_SLOW = 1008
_AROUND_SOUND = 150  # bytes of a frame but for its sound, about
LONGEST_SHOWN = 16_000  # bytes of a frame that the journal keeps
_MOST_BRACKETS = 200  # what has fewer can stand in any page
_NOTED = ("chat_id", "direction", "content")
_JOINED_NOTED = (*_NOTED, "joined")


def _tell_nobody(slug: str, message: str | None) -> None:
    """Do nothing: the socket has no chat."""


def _do_nothing() -> None:
    """Do nothing: the socket has no chat."""


class Outbound:
    """What is on its way to one client: it waits in a queue that has a limit."""

    def __init__(
        self,
        send: Send,
        world: World,
        chat_id: str | None = None,
        joined: bool = False,
        begin_ms: int | None = None,
    ) -> None:
        """`begin_ms` is when the chat began, if it is not just beginning."""
        self._send = send
        self._world = world
        self._begin_ms = world.clock.now_ms() if begin_ms is None else begin_ms
        self._limit = world.settings.max_unsent_bytes
        self._journal = world.journal  # a reset gives the world another one
        self._runs = AudioRuns(world, joined)
        self._faults = world.faults
        self._sabotage: Sabotage | None = None
        self._turn = self._frame = 0
        self._chat_id = chat_id
        self._joined = joined
        from emulator.apis.evi.contract.sockets import (
            SocketContract,  # which imports pydantic's models
        )

        self.contract = SocketContract(world.contract, world.store.voices, world.settings, joined)
        # each with its size, about, its turn, its type, and whether no fault may strike it
        self._queue: deque[tuple[JsonObject | bytes, int, int, str, bool] | Struck] = deque()
        self._is_spared = False
        self._timers: list[Timer] = []  # of faults to come
        self._fail_chat: Fail = _tell_nobody
        self._hang_up: Callable[[], None] = _do_nothing
        self._unsent = 0  # bytes, about
        self._ready = asyncio.Event()
        self.close_code: int | None = None
        self.given_up = asyncio.Event()

    def open(self, receive: Receive, fail: Fail, hang_up: Callable[[], None]) -> None:
        """The client is there."""
        self._fail_chat, self._hang_up = fail, hang_up
        self._sabotage = Sabotage(self._world, self._send, receive, self._fail)
        for rule in self._faults:
            self._arm(rule)
        self._faults.watchers.append(self._arm)

    def leave(self) -> None:
        """The client is gone."""
        self._runs.end()
        if self._arm in self._faults.watchers:
            self._faults.watchers.remove(self._arm)
        for timer in self._timers:
            self._world.timers.cancel(timer)

    def let_go(self) -> None:
        """Drop whom it calls back: they hold it, and so all are freed once its socket ends."""
        self._fail_chat, self._hang_up = _tell_nobody, _do_nothing
        self._sabotage = None

    def _arm(self, rule: FaultRule) -> None:
        """Have a rule strike at its time, though no frame may come then."""
        at_ms = alone_at(rule)
        if at_ms is not None:
            self._timers.append(self._world.timers.at(self._begin_ms + at_ms, self._strike))

    def _fail(self, slug: str, message: str | None) -> None:
        """An error frame goes before what waits, and if the chat ends with it, nothing follows.

        It is not struck itself: one fault would have another without end.
        """
        waiting = list(self._queue)
        self._queue.clear()
        self._is_spared = True
        try:
            self._fail_chat(slug, message)
        finally:
            self._is_spared = False
        if self.close_code is None:
            self._queue += waiting

    def _strike(self) -> None:
        """What is due without a frame; a chat that breaks ends at this very time."""
        if self._sabotage is None or self.close_code is not None:
            return
        struck = self._sabotage.strike(ALONE, self._facts(self._turn, ""))
        if struck:
            self._queue.append(struck)
            self._ready.set()
        if BREAKS & struck.keys():
            self._hang_up()

    def _facts(self, turn: int, kind: str) -> JsonObject:
        return {
            "chat_id": self._chat_id,
            "turn": turn,
            "frame": self._frame,
            "type": kind,
            "at_ms": self._world.clock.now_ms() - self._begin_ms,
        }

    def put(self, messages: Iterable[JsonObject], over: bool = False) -> None:
        """Messages, in order; `over` closes the socket after them.

        What counts against the limit is what still waited before them: one long answer may be
        longer than that, and its client reads it. Sound is rendered when it is sent, so what waits
        takes little room: that of all sentences is the same few texts.
        """
        if self.close_code is not None:
            return
        if self._unsent > self._limit:
            self._give_up()
            return
        for content in messages:
            kind = content["type"]
            if kind == "chat_metadata":
                self._chat_id = content["chat_id"]
            elif kind == "user_message" and not content["interim"]:
                self._turn += 1
            text = b"" if kind == "audio_output" else render(content)
            self.note("out", shown(content, text), self.contract.send(kind, content))
            size = len(text) or len(content["data"]) + _AROUND_SOUND
            self._queue.append((text or content, size, self._turn, kind, self._is_spared))
            self._unsent += size
        if over:
            self.close(NORMAL_CLOSE)
        self._ready.set()

    def close(self, code: int) -> None:
        """Close the socket after what is in the queue."""
        self.close_code = code
        self._ready.set()

    def _give_up(self) -> None:
        """The client does not read: it gets no close either, its connection just ends."""
        error = f"cut off: {self._limit} bytes and more wait for a client that does not read"
        self.note_end("out", self.contract.cut_off(), error=error)
        self._queue.clear()
        self.close_code = TOO_SLOW
        self.note_end("out", close=TOO_SLOW)
        self.given_up.set()

    def note(self, direction: str, content: Json, findings: Sequence[Finding] = ()) -> None:
        """Tell the journal of a frame; `joined` marks those of who came through /connect."""
        if findings:
            self.note_end(direction, findings, content=content)
            return
        self._runs.end()
        size = len(content) if isinstance(content, bytes) else 0
        if self._joined:
            self._journal.keep(
                "frame", size, _JOINED_NOTED, self._chat_id, direction, content, True
            )
        else:
            self._journal.keep("frame", size, _NOTED, self._chat_id, direction, content)

    def note_audio(
        self, content: Json, sound: bytes | str, findings: Sequence[Finding] = ()
    ) -> None:
        """Tell the journal of a frame with the client's sound, which is bytes or base64 text."""
        self._runs.add(self._chat_id, content, sound, findings)
        if findings:
            self.contract.add(findings, self._journal.seq)

    def note_end(self, direction: str, findings: Sequence[Finding] = (), **fields: Json) -> None:
        """Tell the journal how it ended, and what is to be said of it."""
        self._runs.end()
        if self._joined:
            fields["joined"] = True
        if findings:
            fields["findings"] = findings
        self._journal.add("frame", chat_id=self._chat_id, direction=direction, **fields)
        self.contract.add(findings, self._journal.seq)

    def report(self, error: Exception) -> None:
        """Tell the log and the journal of a bug of ours."""
        bug = bugs.report(error, f"chat {self._chat_id}", self._world)
        bugs.note(bug, self._journal, self._chat_id)

    async def write(self) -> None:
        """Send what comes, until the socket is closed."""
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
                if self._sabotage is not None:
                    await self._sabotage.let_go()
                if self._sabotage is None or not self._sabotage.stalls:
                    await self._send({"type": "websocket.close", "code": self.close_code})
                return

    async def _write_next(self) -> None:
        """Raises SocketBroken if a fault breaks the connection."""
        waiting, sabotage = self._queue.popleft(), self._sabotage
        if not isinstance(waiting, tuple):
            assert sabotage is not None
            await sabotage.pass_on(None, waiting)
            return
        frame, size, turn, kind, is_spared = waiting
        self._unsent -= size
        self._frame += 1
        text = (frame if isinstance(frame, bytes) else render(frame)).decode()
        if sabotage is not None and sabotage.is_needed and not is_spared:
            struck = sabotage.strike(OF_FRAMES, self._facts(turn, kind))
            await sabotage.pass_on(text, struck)
        else:
            await self._send({"type": "websocket.send", "text": text})


def shown(content: Json, text: bytes) -> Json:
    """A frame for the journal: without sound, and cut if it is too long.

    What is nested too deep to stand in a page is only named.
    """
    if not isinstance(content, dict):
        return text[:LONGEST_SHOWN]
    if "data" in content and isinstance(content["data"], str):
        content = {**content, "data": f"({len(content['data'])} characters)"}
        text = render(content)
    if len(text) > LONGEST_SHOWN:
        return text[:LONGEST_SHOWN]
    if text.count(b"[") + text.count(b"{") > _MOST_BRACKETS and not _fits_in_a_page(content):
        return f"({content.get('type')}: nested too deep to be shown)"
    return JsonText(text)


def _fits_in_a_page(content: Json) -> bool:
    try:
        render([[[[content]]]])
    except TypeError:
        return False
    return True
