"""Findings about a client at one connection of a chat."""

from collections.abc import Collection, Mapping, Sequence

from emulator.apis.evi.chat.frames import ErrorFrame
from emulator.apis.evi.contract.frames import (
    BINARY,
    CLIENT_TYPES,
    ERRORS_BY_JOINED,
    Judged,
    judge_broken_frame,
    judge_error,
    judge_frame,
    judge_sound,
)
from emulator.apis.evi.strictness import FRAME
from emulator.apis.voices.contract import judge_voice_id
from emulator.apis.voices.voice_store import VoiceStore
from emulator.contract.findings import Finding, find
from emulator.contract.ledger import ClientLedger
from emulator.contract.refusals import in_words, with_refusals
from emulator.errors import Problem
from emulator.jsontext import Json, JsonObject

BROKEN = 1006  # a connection that ends without a close frame
BY_CLIENT, BY_SERVER = "client", "server"


def error_name(code: str, slug: str) -> str:
    """Return the coverage's name of an error."""
    return f"{code} {slug}"


class SocketAuditor:
    """Judges the frames of a connection in both directions, and counts the names they use.

    A client that joined through the control plane owes no answers to tool calls, and does not end
    the chat.
    """

    def __init__(self, ledger: ClientLedger, voices: VoiceStore, joined: bool) -> None:
        self._ledger = ledger
        self._voices = voices
        self._joined = joined

    def hear(self, data: bytes) -> Sequence[Finding]:
        """Judge a frame of bytes."""
        self._ledger.use("messages_sent", (BINARY,))
        return judge_sound(data)

    def receive(
        self,
        content: Json,
        waiting: Collection[str],
        excused: Collection[str],
        refused: Sequence[Problem] = (),
    ) -> Judged:
        """Judge a frame of JSON; the ids are those of tool calls (see `judge_frame`).

        `refused` has the parts of it that the settings refuse.
        """
        judged = judge_frame(content, waiting, excused)
        kind = content.get("type") if isinstance(content, dict) else None
        if kind in CLIENT_TYPES:
            self._ledger.use("messages_sent", (str(kind),))
            self._ledger.use("message_fields", judged.used)
        findings = [*judged.findings, *self._judge_voice(content)]
        if refused:
            findings = with_refusals(findings, list(map(_refusal, refused)))
        return Judged(findings, judged.used, judged.message)

    def _judge_voice(self, content: Json) -> Sequence[Finding]:
        if not isinstance(content, dict) or content.get("type") != "session_settings":
            return ()
        return judge_voice_id(self._voices, (*FRAME, "voice_id"), content.get("voice_id"))

    def receive_broken(self, message: str) -> Sequence[Finding]:
        """Judge a frame of text that is not JSON."""
        return (judge_broken_frame(message),)

    def send(self, kind: str, content: JsonObject) -> Sequence[Finding]:
        """Judge a message that is sent to the client."""
        self._ledger.use("messages_received", (kind,))
        if kind != "error":
            return ()
        self._ledger.use("error_codes", (error_name(content["code"], content["slug"]),))
        if not isinstance(content, ErrorFrame):
            return ()
        is_for_all = self._joined and content["slug"] not in ERRORS_BY_JOINED
        return () if is_for_all else judge_error(content)

    def cut_off(self) -> Sequence[Finding]:
        """Judge a client that does not read."""
        return (find("socket_unread", ("socket",)),)

    def end(
        self, code: int | None, by_server: bool, status: str | None, waiting: Mapping[str, str]
    ) -> Sequence[Finding]:
        """Judge how a connection ends, and its chat with `status`.

        `waiting` has the names of the tool calls that wait for an answer, by id.
        """
        who = BY_SERVER if by_server else BY_CLIENT
        self._ledger.use("close_codes", (f"{who} {code}",))
        findings = []
        if code == BROKEN and not by_server:
            findings.append(find("socket_broken", ("socket",), code))
        if not self._joined and status is not None:
            self._ledger.use("chat_ends", (status,))
            findings += [
                find("tool_call_unanswered", ("socket", "tool_call_id"), id, name=name)
                for id, name in waiting.items()
            ]
        return findings


def _refusal(problem: Problem) -> Finding:
    return find("frame_invalid", problem.loc, problem=in_words(problem.type, problem.msg))
