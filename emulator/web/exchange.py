"""A request and its answer: what breaks it, what is found about it, what the journal keeps."""

import time
from collections.abc import Mapping, Sequence

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
from emulator.errors import ApiError
from emulator.faults.http import ConnectionBroken, reset, wait
from emulator.faults.rules import FaultRule, Faults
from emulator.faults.table import KINDS
from emulator.journal.entries import HttpEntry
from emulator.journal.headers import kept_headers
from emulator.journal.journal import LONGEST_BODY
from emulator.jsontext import Json, kept
from emulator.web import bugs
from emulator.web.short_circuit import Replacement, fault_answer
from emulator.world.world import World

# A quiet request only looks: it meets no limit, fault or stub, and no journal keeps it. A request
# that changes something is never quiet: any page may send it, and whoever looks must see it.
QUIET_METHODS = ("GET", "HEAD")
QUIET_HEADER = b"x-evi-emulator-quiet"
QUIET_AND_HIDING = b"hide"  # its value where the answer is to be shown to somebody
_BREAK_ANSWERS = ("lost", "truncated", "slow", "garbage")


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
        """`anonymous` has what is found about callers who have no world."""
        self._scope = scope
        self._anonymous = anonymous
        self._began = time.perf_counter()
        self._findings: Sequence[Finding] | None = None
        self.world: World | None = None
        self.is_quiet = False  # nobody is told of it, unless it is a bug
        self.hides = False  # credentials in the answer
        self.auditor: RequestAuditor | None = None  # of the operation, if the path leads to one
        self.headers: Mapping[bytes, bytes] | None = None
        self.body: Json = None
        self.request = b""
        self.refusal: ApiError | None = None  # that the client has brought about
        self.reported: Sequence[Finding] = ()  # what the handler has found
        self.breaks: FaultRule | None = None  # the answer, once there is one
        self.bug: bugs.Bug | None = None
        self.has_begun = False  # the answer, so that it can't be another one

    @property
    def method(self) -> str:
        return str(self._scope["method"])

    @property
    def operation(self) -> str | None:
        return None if self.auditor is None else self.auditor.operation.id

    def read_headers(self) -> dict[bytes, bytes]:
        """Return the headers, after a look at whether anybody is told of this request."""
        self.headers = headers = dict(self._scope["headers"])
        self.is_quiet = QUIET_HEADER in headers and self._scope["method"] in QUIET_METHODS
        self.hides = self.is_quiet and headers[QUIET_HEADER] == QUIET_AND_HIDING
        return headers

    def refuse(self, error: ApiError) -> None:
        """Note the error that the request is answered with, without its traceback.

        Its frames hold this request, so neither would be freed before a full collection.
        """
        error.__traceback__ = error.__context__ = None
        self.refusal = error

    def report(self, error: Exception) -> bugs.Bug:
        """Log a bug, and keep it for the request's entry."""
        where = f"{self._scope['method']} {self._scope['path']}"
        self.bug = bugs.report(error, where, self.world)
        return self.bug

    def findings(self, world: World) -> Sequence[Finding]:
        """Return what is found about the request itself; it is judged once."""
        if self._findings is None:
            ledger = ClientLedger() if self.is_quiet else world.ledger
            self._findings = () if self.auditor is None else self._judged(ledger, self.auditor)
        return self._findings

    def _judged(self, ledger: ClientLedger, auditor: RequestAuditor) -> Sequence[Finding]:
        headers = self.headers or dict(self._scope["headers"])
        return auditor.judge(ledger, headers, self._scope["query_string"], self.body)

    async def strike(self, faults: Faults, receive: Receive) -> Replacement | None:
        """Break this request as the rules want it; return the answer that it gets instead, if any.

        Raises ConnectionBroken.
        """
        method, path = self._scope["method"], self._scope["path"]
        facts = {"operation": self.operation, "method": method, "path": path}
        struck = faults.take("http", KINDS["http"].faults, facts)
        if "delay" in struck:
            await wait(receive, struck["delay"].draw("delay_ms") / 1000)
        if "reset" in struck:
            await reset(receive)
            raise ConnectionBroken
        self.breaks = next((struck[name] for name in _BREAK_ANSWERS if name in struck), None)
        return fault_answer(struck["status"]) if "status" in struck else None

    def note(
        self,
        status: int | None,
        response: bytes,
        response_bytes: int | None = None,
        ended: str | None = None,
    ) -> None:
        """Tell the caller's world, if there is one.

        Of a streamed answer, `response` is the beginning; the rest says how much was sent of it,
        and how it ended.
        """
        if self.is_quiet and self.bug is None:
            return
        world = self.world
        if world is None:
            self._note_anonymous(status)
            return
        findings = self._all_findings(world)
        scope, bug = self._scope, self.bug
        world.journal.add(
            HttpEntry(
                self.operation,
                scope["method"],
                scope["path"],
                scope["query_string"],
                status,
                round((time.perf_counter() - self._began) * 1000, 3),
                kept_headers(scope["headers"]),
                self.request,
                kept(response[:LONGEST_BODY]),
                response_bytes,
                ended,
                None if bug is None else bug.reference,
                None if bug is None else bug.error,
                tuple(findings),
            )
        )
        if self.auditor is not None and status is not None:
            world.ledger.answers[self.auditor.operation.id, status] += 1
        if findings:
            world.ledger.add(self._subject, findings, world.journal.seq)

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
        given = (self.body, scope["query_string"], scope["path"])
        return with_refusals(findings, judge_refusal(self.auditor.operation, refusal, *given))

    def _note_anonymous(self, status: int | None) -> None:
        if self._anonymous is not None and self.refusal is not None and status == 401:
            hints = None if self.auditor is None else self.auditor.hints
            finding = refused_credentials(self.refusal, hints, self._scope["query_string"])
            self._anonymous.add(self._subject, [finding], 0)
