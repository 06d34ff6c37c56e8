"""A request and its answer: the faults, the findings and the journal entry."""

import time
from collections.abc import Collection, Mapping, Sequence

from starlette.types import Receive, Scope

from emulator.contract.findings import Finding
from emulator.contract.ledger import ClientLedger
from emulator.contract.refusals import (
    judge_refusal,
    refused_credentials,
    unmatched_path,
    with_refusals,
)
from emulator.contract.requests import RequestAuditor
from emulator.error_shapes import PLAIN, Refused, keep
from emulator.errors import ApiError
from emulator.faults.http import ConnectionBroken, reset, wait
from emulator.faults.rules import FaultRule, Faults
from emulator.journal.entries import HttpEntry
from emulator.journal.headers import kept_headers
from emulator.journal.journal import LONGEST_BODY
from emulator.jsontext import Json, JsonObject
from emulator.web import bugs
from emulator.web.short_circuit import Replacement, fault_answer
from emulator.world.world import World

# A quiet request only reads: it meets no limit, fault or stub, and no journal keeps it. A request
# that changes something is never quiet: any page can send it, so the journal must show it.
QUIET_METHODS = ("GET", "HEAD")
QUIET_HEADER = b"x-evi-emulator-quiet"
QUIET_AND_HIDING = b"hide"  # the value that hides credentials in the answer, too
_BREAK_ANSWERS = ("lost", "truncated", "slow", "garbage", "error_line")


class Exchange:
    """One request and its response, for the journal and the ledger of the caller's world."""

    __slots__ = (
        "_began",
        "_findings",
        "_scope",
        "_anonymous",
        "body",
        "breaks",
        "bug",
        "errors",
        "has_begun",
        "headers",
        "hides",
        "is_quiet",
        "auditor",
        "refusal",
        "reported",
        "request",
        "world",
    )

    def __init__(self, scope: Scope, anonymous: ClientLedger | None = None) -> None:
        """Begin a request; `anonymous` takes findings about callers without a world."""
        self._scope = scope
        self._anonymous = anonymous
        self._began = time.perf_counter()
        self._findings: Sequence[Finding] | None = None
        self.world: World | None = None
        self.is_quiet = False  # True if journal and ledger ignore it, unless a bug shows
        self.hides = False  # True if the answer is sent without credentials
        self.auditor: RequestAuditor | None = None  # of the operation, if the path leads to one
        self.headers: Mapping[bytes, bytes] | None = None
        self.body: Json = None
        self.request = b""
        self.refusal: ApiError | None = None  # the error of the client
        self.reported: Sequence[Finding] = ()  # findings of the handler
        self.breaks: FaultRule | None = None  # the rule that breaks the answer
        self.errors = PLAIN  # of the operation's API
        self.bug: bugs.Bug | None = None
        self.has_begun = False  # True once the answer has begun, which then can't be replaced

    @property
    def method(self) -> str:
        return str(self._scope["method"])

    @property
    def operation(self) -> str | None:
        return None if self.auditor is None else self.auditor.operation.id

    def read_headers(self) -> dict[bytes, bytes]:
        """Return the headers, after noting whether the request is quiet."""
        self.headers = headers = dict(self._scope["headers"])
        self.is_quiet = QUIET_HEADER in headers and self._scope["method"] in QUIET_METHODS
        self.hides = self.is_quiet and headers[QUIET_HEADER] == QUIET_AND_HIDING
        return headers

    def refuse(self, error: ApiError) -> None:
        """Note the error that the request is answered with, without its traceback.

        The traceback's frames hold this request: only a full collection would free both.
        """
        error.__traceback__ = error.__context__ = None
        self.refusal = error

    @property
    def refused(self) -> Refused:
        """Return what the words of an error may need of the request."""
        world = None if self.is_quiet else self.world
        return Refused(self._scope["path"], None if world is None else world.ids)

    def worded(self, error: ApiError) -> ApiError:
        """Return an error in the words of the API that is asked."""
        reworded = self.errors.reworded
        return error if reworded is keep else reworded(error, self.refused)

    def report(self, error: Exception) -> bugs.Bug:
        """Log a bug, and keep it for the request's entry."""
        where = f"{self._scope['method']} {self._scope['path']}"
        self.bug = bugs.report(error, where, self.world)
        return self.bug

    def findings(self, world: World) -> Sequence[Finding]:
        """Return the findings about the request itself, which is judged once."""
        if self._findings is None:
            ledger = ClientLedger() if self.is_quiet else world.ledger
            self._findings = () if self.auditor is None else self._judged(ledger, self.auditor)
        return self._findings

    def _judged(self, ledger: ClientLedger, auditor: RequestAuditor) -> Sequence[Finding]:
        headers = self.headers or dict(self._scope["headers"])
        return auditor.judge(ledger, headers, self._scope["query_string"], self.body)

    async def strike(
        self, faults: Faults, wanted: Collection[str], receive: Receive
    ) -> Replacement | None:
        """Apply fault rules to this request; return the answer of a fault, if one replaces it.

        `wanted` are the faults that can strike it. Raises ConnectionBroken.
        """
        method, path = self._scope["method"], self._scope["path"]
        facts = {"operation": self.operation, "method": method, "path": path}
        struck = faults.take("http", wanted, facts)
        if "delay" in struck:
            await wait(receive, struck["delay"].draw("delay_ms") / 1000)
        if "reset" in struck:
            await reset(receive)
            raise ConnectionBroken
        self.breaks = next((struck[name] for name in _BREAK_ANSWERS if name in struck), None)
        if "status" not in struck:
            return None
        return fault_answer(struck["status"], self.errors, self.refused)

    def note(
        self,
        status: int | None,
        response: bytes,
        more: JsonObject | None = None,
    ) -> None:
        """Add the request and its answer to the journal and the ledger of the caller's world.

        A streamed answer has its beginning in `response`. `more` has its `response_bytes`, the size
        of what was sent, and how it `ended`.
        """
        if self.is_quiet and self.bug is None:
            return
        world = self.world
        if world is None:
            self._note_anonymous(status)
            return
        findings = self._all_findings(world)
        scope, shared = self._scope, world.journal.shared
        if self.bug is not None:
            more = {**(more or {}), "reference": self.bug.reference, "error": self.bug.error}
        method, path, query, headers = shared.head(
            scope["method"], scope["path"], scope["query_string"], kept_headers(scope["headers"])
        )
        entry = HttpEntry(
            self.operation,
            method,
            path,
            query,
            status,
            round((time.perf_counter() - self._began) * 1000, 3),
            headers,
            self.request,
            shared.response(self.operation, response[:LONGEST_BODY]),
            tuple(findings),
            more,
        )
        world.journal.add(entry)
        if self.auditor is not None and status is not None:
            world.ledger.answers[self.auditor.operation.id, status] += 1
        if findings:
            line = f"{method} {path} -> {status or 'broken off'}"
            world.ledger.add(self._subject, findings, entry.seq, entry.at_ms, line)

    @property
    def _subject(self) -> str:
        return self.operation or f"{self._scope['method']} {self._scope['path']}"

    def _all_findings(self, world: World) -> Sequence[Finding]:
        findings, refusal, scope = self.findings(world), self.refusal, self._scope
        if self.reported:
            findings = [*findings, *self.reported]
        if refusal is None:
            return findings
        if self.auditor is None:
            return [unmatched_path(scope["method"], scope["path"], refusal)]
        given = (self.body, scope["query_string"], scope["path"], self.request)
        return with_refusals(findings, judge_refusal(self.auditor.operation, refusal, *given))

    def _note_anonymous(self, status: int | None) -> None:
        if self._anonymous is not None and self.refusal is not None and status == 401:
            hints = None if self.auditor is None else self.auditor.hints
            finding = refused_credentials(self.refusal, hints, self._scope["query_string"])
            self._anonymous.add(self._subject, [finding], 0)
