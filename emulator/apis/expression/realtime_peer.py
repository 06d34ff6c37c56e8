"""The emulator's side of a session's connection: passes messages to it, and its answers out."""

from collections.abc import Sequence

from emulator.apis.expression.contract import BROKEN, SessionAuditor
from emulator.apis.expression.errors import EXPRESSION_ERRORS
from emulator.apis.expression.run import ENDED, ERRORED, LIVE, VIDEO
from emulator.apis.expression.session import (
    CLOSE_CODES,
    ERROR,
    ERROR_CODES,
    SERVER_SHUTDOWN,
    Messages,
    Session,
)
from emulator.contract.findings import Finding
from emulator.jsontext import JsonObject, read_or_none, render
from emulator.sockets.outbound import Outbound, OutboundFrame, shown
from emulator.sockets.socket import OnBug, Peer
from emulator.timers import Timer
from emulator.world.world import World

_WITHOUT_CODE = 1005
_LOST = 1011  # of a run whose connection broke


def _ignore_bug(error: Exception) -> None:
    """Do nothing: the client is gone."""


class RealtimePeer(Peer):
    """One client, and its session."""

    def __init__(self, world: World, outbound: Outbound, session: Session, on_bug: OnBug) -> None:
        """Send the first message; `on_bug` takes errors between frames."""
        self._on_bug = on_bug
        self._world = world
        self._outbound = outbound
        self._session = session
        self._auditor = SessionAuditor(world.ledger)
        self._is_over = False  # nothing is taken or sent any more
        self._idle: Timer | None = None
        outbound.chat_id = session.run.run_id
        outbound.facts = {"chat_id": outbound.chat_id}
        self._work_of_world = world.work  # a reset gives the world another
        self._work_of_world.on_close.append(self._end_with_world)
        self._put(session.created())
        self._stay_awake()

    @property
    def _now_ms(self) -> int:
        return self._world.clock.now_ms()

    # from the client

    def receive_bytes(self, data: bytes) -> None:
        session, outbound = self._session, self._outbound
        answers = [] if self._is_over else session.receive_bytes(data, self._now_ms)
        judged = [] if session.is_faulty else answers
        if session.run.endpoint == VIDEO:
            findings = self._auditor.receive_image(judged)
            outbound.note("in", {"type": "image", "bytes": len(data)}, findings)
        else:
            findings = self._auditor.receive_audio(data, judged)
            outbound.note_audio("audio", {"type": "audio", "bytes": len(data)}, data, findings)
        self._put(answers)

    def receive_text(self, text: bytes) -> None:
        answers = [] if self._is_over else self._session.receive_text(text, self._now_ms)
        content = read_or_none(text)
        findings = self._auditor.receive(content, answers)
        self._outbound.note("in", shown(content, text), findings)
        self._put(answers)

    # to the client

    def _put(self, messages: Messages) -> None:
        """Send messages, and close the socket after the one that ends the session."""
        for content in messages:
            if self._outbound.takes_more():
                self._send(content)
        reason = self._session.reason
        if reason is None or self._is_over:
            return
        self._stop()
        code = CLOSE_CODES[reason]
        self._end_run(code, reason, ERRORED if reason == ERROR else ENDED)
        if self._outbound.close_code is None:
            self._outbound.close(code, reason)

    def _send(self, content: JsonObject) -> None:
        kind, text = content["type"], render(content)
        frame = OutboundFrame(kind, content, text, len(text), self._outbound.facts)
        self._outbound.send(frame, self._auditor.send(kind))

    # its end

    def _stay_awake(self) -> None:
        """Have a look when the session may have been idle for too long."""
        self._idle = self._world.timers.at(self._session.due_ms, self._look)

    def _look(self) -> None:
        try:
            self._put(self._session.tick(self._now_ms))
        except Exception as error:
            self._on_bug(error)
            return
        if not self._is_over:
            self._stay_awake()

    def shut_down(self) -> None:
        self._put(self._session.end(SERVER_SHUTDOWN, self._now_ms))

    def _end_with_world(self) -> None:
        """End the session, since its world is reset."""
        try:
            self.shut_down()
        except Exception as error:
            self._on_bug(error)

    def closed(self, code: int | None, by_server: bool) -> Sequence[Finding]:
        self._stop()
        if code in (None, BROKEN):
            self._end_run(_LOST, ERROR, ERRORED)
        elif by_server:  # a fault, or a bug
            self._end_run(code, ERROR, ERRORED)
        elif code == _WITHOUT_CODE:
            self._end_run(None, None, ENDED)
        else:
            self._end_run(code, self._outbound.client_reason, ENDED)
        return self._auditor.end(code, by_server)

    def _end_run(self, code: int | None, reason: str | None, status: str) -> None:
        """End the run, unless it has ended, and let those look again who wait for that."""
        run = self._session.run
        if run.status == LIVE:
            run.end(self._now_ms, code, reason, status)
            self._world.journal.notify()

    def fail(self, slug: str, message: str | None) -> None:
        code = slug if slug in ERROR_CODES else "internal_error"
        message = message or EXPRESSION_ERRORS[code].message
        self._put(self._session.fault(code, message, self._now_ms))

    def hang_up(self) -> None:
        self._stop()

    def crash(self) -> None:
        self._stop()

    def leave(self) -> None:
        self._stop()
        self._end_run(_LOST, ERROR, ERRORED)
        self._on_bug = _ignore_bug

    def _stop(self) -> None:
        """Take and send nothing more."""
        self._is_over = True
        if self._end_with_world in self._work_of_world.on_close:
            self._work_of_world.on_close.remove(self._end_with_world)
        self._world.timers.cancel(self._idle)
