"""What one connection of a chat shows of its client."""

from collections.abc import Collection, Mapping, Sequence

from emulator.apis.evi.chat.frames import ErrorFrame
from emulator.apis.evi.contract.frames import (
    BINARY,
    CLIENT_TYPES,
    ERRORS_BY_JOINED,
    judge_broken_frame,
    judge_error,
    judge_frame,
    judge_sound,
)
from emulator.apis.voices.contract import judge_voice_id, refuses_unlisted, unlisted_problems
from emulator.apis.voices.voice_store import VoiceStore
from emulator.contract.findings import Finding, find
from emulator.contract.ledger import ClientLedger
from emulator.contract.requests import refuse_extra
from emulator.jsontext import Json, JsonObject
from emulator.settings import Settings

SUBJECT = "chat socket"
BROKEN = 1006  # a connection that ends without a close frame
BY_CLIENT, BY_SERVER = "client", "server"


def error_name(code: str, slug: str) -> str:
    """What the coverage calls an error."""
    return f"{code} {slug}"


class SocketAuditor:
    """Judges the frames of a connection both ways, and counts what they use.

    Who joined through the control plane owes no tool's answer, and does not end the chat.
    """

    def __init__(
        self, ledger: ClientLedger, voices: VoiceStore, settings: Settings, joined: bool
    ) -> None:
        self._ledger = ledger
        self._voices = voices
        self._settings = settings
        self._joined = joined

    def hear(self, data: bytes) -> Sequence[Finding]:
        """A frame of bytes has come."""
        self._ledger.use("messages_sent", (BINARY,))
        return judge_sound(data)

    def receive(
        self, content: Json, waiting: Collection[str], excused: Collection[str]
    ) -> Sequence[Finding]:
        """A frame of JSON has come; the ids are those of tool calls (see `judge_frame`)."""
        judged = judge_frame(content, waiting, excused)
        kind = content.get("type") if isinstance(content, dict) else None
        if kind in CLIENT_TYPES:
            self._ledger.use("messages_sent", (str(kind),))
            self._ledger.use("message_fields", judged.used)
        if kind == "session_settings":
            voice = judge_voice_id(self._voices, ("frame", "voice_id"), content.get("voice_id"))
            return [*judged.findings, *voice]
        return judged.findings

    def refuse(self, findings: Sequence[Finding]) -> tuple[Sequence[Finding], str]:
        """Return what the settings refuse of a frame with these findings, and why, in words."""
        extra = refuse_extra(findings) if self._settings.strict else []
        whys = []
        if extra:
            places = ", ".join(each.place for each in extra)
            whys.append(f"Extra inputs are not permitted: {places}")
        if refuses_unlisted(self._settings):
            problems = unlisted_problems(findings)
            extra += [find("frame_invalid", each.loc, problem=each.msg) for each in problems]
            whys += [each.msg for each in problems]
        return extra, "; ".join(whys)

    def receive_broken(self, message: str) -> Sequence[Finding]:
        """A frame of text has come that is no JSON."""
        return (judge_broken_frame(message),)

    def send(self, kind: str, content: JsonObject) -> Sequence[Finding]:
        """A message goes out."""
        self._ledger.use("messages_received", (kind,))
        if kind != "error":
            return ()
        self._ledger.use("error_codes", (error_name(content["code"], content["slug"]),))
        if not isinstance(content, ErrorFrame):
            return ()
        is_told_to_all = self._joined and content["slug"] not in ERRORS_BY_JOINED
        return () if is_told_to_all else judge_error(content)

    def cut_off(self) -> Sequence[Finding]:
        """The client does not read."""
        return (find("socket_unread", ("socket",)),)

    def end(
        self, code: int | None, by_server: bool, status: str | None, waiting: Mapping[str, str]
    ) -> Sequence[Finding]:
        """It is over; the chat with `status`, while tool calls wait: names by id."""
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

    def add(self, findings: Sequence[Finding], seq: int) -> None:
        """Keep findings of the journal entry `seq`."""
        self._ledger.add(SUBJECT, findings, seq)
