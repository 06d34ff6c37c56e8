"""Reports how one question to a language model went, for the journal and the contract."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from emulator.apis.evi.model import brain
from emulator.apis.evi.model.chunks import ChunkReader
from emulator.apis.evi.model.question import Question
from emulator.apis.evi.model.replies import Failed, Reply, ToolWanted
from emulator.contract.findings import Finding, find
from emulator.contract.ledger import ClientLedger
from emulator.journal.entries import ModelEntry
from emulator.journal.journal import Journal
from emulator.jsontext import JsonObject, kept, render
from emulator.redaction.names import HIDDEN
from emulator.redaction.text import hide_in_text
from emulator.redaction.urls import without_keys

SUBJECT = "language model"
COMPLETE, CUT, DROPPED, FAILED, TIMED_OUT = "complete", "cut", "dropped", "failed", "timed_out"
IGNORED = "ignored"  # the answer to a request that was sent twice
LONGEST_QUESTION = 65_536  # bytes that are kept; a message with its scores has 2,000
LONGEST_STREAM = 8_000  # bytes that are kept
_SHORTEST_KEY = 6  # characters; a shorter text may stand anywhere
_UNAUTHORIZED = 401
_NO_KEY = "Give the key that it asks for in session settings, as language_model_api_key."
_OTHER_KEY = "It refuses the language_model_api_key of the session settings."


@dataclass(slots=True)
class Report:
    """The course of one question; times are ms since it was asked, in real time."""

    chat_id: str
    question: Question
    url: str
    headers: tuple[str, ...] = ()
    status: int | None = None
    ended: str = COMPLETE
    error: str | None = None
    first_token_ms: int | None = None
    faults: tuple[str, ...] = ()
    replayed: bool = False  # from a cassette
    tool_call: JsonObject | None = None  # that the chat was told of
    reader: ChunkReader = field(default_factory=ChunkReader)
    findings: list[tuple[str, str]] = field(default_factory=list)
    stream: bytearray = field(default_factory=bytearray)  # the beginning of what came
    _began_s: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        """Read as the source wants it: a brain's fingerprint names no session."""
        self.reader.speaks_fingerprint = self.question.source.is_custom

    def as_told(self, reply: Reply) -> Reply:
        """Return a reply as the chat is told: a failure may say what to do about it.

        A brain's is noted as a finding. A tool call is noted, too.
        """
        if isinstance(reply, ToolWanted):
            self.tool_call = {"name": reply.name, "arguments": reply.arguments}
        if not isinstance(reply, Failed):
            return reply
        if self.question.source.is_custom:
            return self._with_hint(reply)
        is_named, problem = self.question.source.name is not None, self._problem() or self.ended
        failed = brain.failure(self.url, self.status, problem, is_named)
        if brain.is_about_model(self.status, problem, is_named):
            self.findings.append((brain.MODEL_UNKNOWN, failed.message))
        return failed

    def _with_hint(self, failed: Failed) -> Failed:
        """Return the failure of a custom model, with what to do if it asks for another key."""
        if self.status != _UNAUTHORIZED:
            return failed
        hint = _OTHER_KEY if self.question.key else _NO_KEY
        self.error = f"{self.error}; {hint}"
        return replace(failed, message=f"{failed.message} {hint}")

    def now_ms(self) -> int:
        """Return how long ago the question was asked (ms)."""
        return round((monotonic() - self._began_s) * 1000)

    def spoke(self) -> None:
        """Note the first token, of words or of a tool call."""
        if self.first_token_ms is None:
            self.first_token_ms = self.now_ms()

    def took(self, piece: bytes) -> None:
        """Keep what came, as far as there is room for it."""
        if len(self.stream) < LONGEST_STREAM:
            self.stream += piece[: LONGEST_STREAM - len(self.stream)]

    def write(self, journal: Journal, ledger: ClientLedger) -> None:
        """Write the entry, with its findings."""
        found = list(self._found())
        reader = self.reader
        journal.add(
            ModelEntry(
                chat_id=self.chat_id,
                turn=self.question.number,
                url=without_keys(self.url),
                request=kept(render(self.question.body)[:LONGEST_QUESTION]),
                headers=list(self.headers),
                status=self.status,
                first_token_ms=self.first_token_ms,
                duration_ms=self.now_ms(),
                chunks=reader.chunks,
                text=reader.text,
                session_id=reader.fingerprint,
                finish=reader.finish,
                ended=self.ended,
                error=self._problem(),
                replayed=self.replayed,
                faults=list(self.faults) or None,
                stream=self._shown_stream() or None,
                tool_call=self.tool_call,
                sent_session_id=self.question.session_id,
                findings=tuple(found),
            )
        )
        if not self.faults:
            line = f"a question to the model -> {self.status or 'no answer'}"
            entry = journal.newest
            at_ms = None if entry is None else entry.at_ms
            ledger.add(SUBJECT, found, journal.seq, at_ms, line)

    def _shown_stream(self) -> bytes:
        """Return what came without the key, should the model repeat it."""
        key = self.question.key or ""
        if len(key) < _SHORTEST_KEY:
            return bytes(self.stream)
        return bytes(self.stream.replace(key.encode(), HIDDEN.encode()))

    def _problem(self) -> str | None:
        """Return the error without credentials, not even the question's own."""
        return None if self.error is None else hide_in_text(self.error, self.question.key)

    def _found(self) -> Sequence[Finding]:
        noted = [*self.findings, *self.reader.findings]
        if not self.question.source.is_custom:  # whose stream nobody proves
            noted = [each for each in noted if each[0] == brain.MODEL_UNKNOWN]
        return [find(code, ("answer",), None, message=message) for code, message in noted]
