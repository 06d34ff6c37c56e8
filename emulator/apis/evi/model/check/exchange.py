"""One question to a custom language model, with its answer, and what is wrong with that."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from emulator.apis.evi.findings import EVI_FINDINGS
from emulator.apis.evi.model.check.results import FAIL, WARN, Problem
from emulator.apis.evi.model.replies import Failed, Reply, ToolWanted, Words
from emulator.apis.evi.model.report import CUT, FAILED, TIMED_OUT, Report
from emulator.contract.findings import ERROR
from emulator.redaction.names import HIDDEN
from emulator.redaction.values import hide_in_string

_ANSWER = "an answer, sentence by sentence, until it is complete"
_LONGEST = 300  # characters of what came
_SHORTEST_KEY = 8
_REFUSED_HANDSHAKE = "WSServerHandshakeError"

# What to do about a status, by the status.
_BY_STATUS = {
    204: "answer 200 with a stream of [DONE] alone to say nothing",
    400: "accept `models` and `time` in messages, unknown keys, and every order of roles",
    401: "give the key with --key, or stop asking for one",
    403: "give the key with --key, or stop asking for one",
    404: "name the whole URL, with its path: questions are sent to it as it is",
    405: "answer POST at this URL",
    413: "accept long bodies: the whole conversation comes with each question",
    415: "accept Content-Type: application/json",
    422: "accept `models` and `time` in messages, and unknown keys; `content` is a text",
    429: "let the check through: a chat does not ask again",
}

# What to do about a finding, by its code.
_BY_CODE = {
    "model_type_wrong": "set the answer's Content-Type to text/event-stream",
    "model_line_broken": "send each chunk as a line `data: {...}`, with an empty line after it",
    "model_done_missing": "end the stream with the line `data: [DONE]` and an empty line",
    "model_fingerprint_leaked": "remove the provider's system_fingerprint from chunks that you "
    "pass on: it would become the chat's custom session id",
    "model_tools_parallel": "ask for one tool at a time, with parallel_tool_calls false",
    "model_arguments_broken": "make the arguments' parts one JSON object when they are joined",
}


@dataclass(slots=True)
class Exchange:
    """A question's report, and the replies that came; `was_left` if we closed the connection.

    `is_first` in its case. `first_token_ms` is when the first words came, or a tool call; None if
    none did.
    """

    report: Report
    is_first: bool = True
    replies: list[Reply] = field(default_factory=list)
    was_left: bool = False
    first_token_ms: int | None = None

    def take(self, reply: Reply) -> None:
        """Take the next reply."""
        self.replies.append(reply)
        if self.first_token_ms is None and isinstance(reply, Words | ToolWanted):
            self.first_token_ms = self.report.now_ms()

    @property
    def text(self) -> str:
        """Return what the model said."""
        return self.report.reader.text.strip()

    @property
    def tool(self) -> ToolWanted | None:
        """Return the tool that the model wants called, or None."""
        return next((each for each in self.replies if isinstance(each, ToolWanted)), None)

    @property
    def session_id(self) -> str | None:
        """Return the session id that the answer sets, or None."""
        return self.report.reader.fingerprint

    @property
    def has_failed(self) -> bool:
        """True if a chat would get an error frame for it."""
        return any(isinstance(each, Failed) for each in self.replies)

    @property
    def was_unreachable(self) -> bool:
        """True if no connection could be made, so that asking again is of no use."""
        has_no_status = self.report.status is None and self.report.ended in (FAILED, CUT)
        return self.is_first and has_no_status  # a later question may find its socket closed

    def problems(self, ignored: Collection[str]) -> Iterator[Problem]:
        """Yield what is wrong, but for findings with these codes."""
        if self.has_failed:
            yield Problem(FAIL, _ANSWER, self.got(), self._hint())
        for code, message in [*self.report.findings, *self.report.reader.findings]:
            if code not in ignored and code != "model_silent":  # whether it may be is the case's
                kind = EVI_FINDINGS[code]
                level = FAIL if kind.level == ERROR else WARN
                hint = _BY_CODE.get(code, "")
                yield Problem(level, kind.expected, self._short(message), hint, code)

    def got(self) -> str:
        """Say what came instead of an answer."""
        return self._short(self.report.error or self.report.ended)

    def _hint(self) -> str:
        report = self.report
        if (report.error or "").startswith(_REFUSED_HANDSHAKE):
            return "accept the handshake at this path, and the token in its query"
        if self.was_unreachable:
            return "start the server, and check host and port"
        if report.ended == TIMED_OUT:
            return (
                "send the first words sooner, and flush each chunk; --model-timeout sets how long "
                "a chat waits"
            )
        if report.status is not None and 300 <= report.status < 400:
            return "name the URL that it leads to: redirects are not followed"
        if report.status in (401, 403) and report.question.key is not None:
            return "give the server's key with --key: it refuses the one that was given"
        if report.status is not None and report.status in _BY_STATUS:
            return _BY_STATUS[report.status]
        if report.status == 200 and report.ended == FAILED and not report.reader.chunks:
            return "answer with an event stream of chunks, as the request's `stream` asks"
        if report.ended == CUT:
            return (
                "keep the connection until the answer is complete, and a WebSocket until the chat "
                "ends; the server's log may say why it broke"
            )
        return "look into the server's log: something broke while it answered"

    def _short(self, text: str) -> str:
        """Return the text in one line, without credentials, and not too long."""
        key = self.report.question.key
        if key and len(key) >= _SHORTEST_KEY:  # a shorter one may be part of any word
            text = text.replace(key, HIDDEN)
        shown = " ".join(hide_in_string(text).split())
        return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
