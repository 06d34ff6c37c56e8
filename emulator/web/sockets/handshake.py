"""A chat's handshake: its query, for the journal and the contract of the caller's world."""

from collections.abc import Sequence

from starlette.types import Scope

from emulator.contract.findings import Finding
from emulator.contract.ledger import ClientLedger
from emulator.contract.refusals import (
    invalid,
    refused_credentials,
    unmatched_path,
    with_refusals,
)
from emulator.errors import ApiError, Problem, ValidationFailed
from emulator.journal.headers import kept_headers
from emulator.journal.journal import LONGEST_BODY, SIZE_OF_FINDING
from emulator.jsontext import JsonObject, kept, render
from emulator.openapi.fields import Field
from emulator.world.world import World

SUBJECT = "chat socket"
_ACCEPTED = 101
_DRAWN = b"sec-websocket-key"  # anew for each connection: it says nothing
_NOTED = (
    "operation", "method", "path", "query", "status", "request_headers", "response",
)  # fmt: skip


class Handshake:
    """The request that opens a WebSocket, until it is accepted or refused.

    The journal calls the two channels `chat` and `connect`, as it calls operations by their ids.
    """

    def __init__(self, scope: Scope, anonymous: ClientLedger) -> None:
        """`anonymous` has what is found about callers without a world."""
        self._scope = scope
        self._anonymous = anonymous
        self._findings: list[Finding] = []
        self._given: JsonObject = {}
        self._channel: str | None = None
        self.world: World | None = None

    @property
    def query_string(self) -> bytes:
        query: bytes = self._scope["query_string"]
        return query

    def judge(self, channel: str) -> None:
        """Where it leads, and what is to be said of its query.

        Raises ValidationFailed where that is too much for a strict server.
        """
        from emulator.apis.evi.chat_query import chat_fields, given_query
        from emulator.apis.evi.contract.handshakes import (
            judge_handshake,
            judge_handshake_voice,
            judge_repeated,
        )
        from emulator.apis.evi.strictness import handshake_problems

        assert self.world is not None
        self._channel = channel
        self._given = given_query(self.query_string)
        fields = chat_fields() if channel == "chat" else Field("")
        self._findings += judge_handshake(self.world.ledger, fields, self._given)
        self._findings += judge_repeated(fields, self.query_string)
        if channel == "chat":
            self._findings += judge_handshake_voice(self.world.store.voices, self._given)
        voices = self.world.store.voices
        extra = handshake_problems(self.world.settings, voices, fields, self._given)
        if extra:
            raise ValidationFailed([*self._problems(), *extra])

    def _problems(self) -> Sequence[Problem]:
        """What any server refuses."""
        from emulator.apis.evi.chat_query import read_chat_query

        if self._channel == "chat":
            try:
                read_chat_query(self.query_string)
            except ValidationFailed as error:
                return error.problems
        return ()

    def accept(self) -> None:
        self._note(_ACCEPTED, b"")

    def refuse(self, error: ApiError) -> None:
        if self.world is None and error.status == 401:
            self._anonymous.add(SUBJECT, [refused_credentials(error)], 0)
        elif isinstance(error, ValidationFailed):
            refusals = invalid(error, {"query": self._given})
            self._findings = with_refusals(self._findings, refusals)
        elif self._channel is None:
            self._findings.append(unmatched_path("WebSocket", self._scope["path"], error))
        self._note(error.status, kept(render(error.body)[:LONGEST_BODY]))

    def _note(self, status: int, response: bytes) -> None:
        if self.world is None:
            return
        scope, journal = self._scope, self.world.journal
        more = {"findings": self._findings} if self._findings else {}
        headers = kept_headers(each for each in scope["headers"] if each[0] != _DRAWN)
        size = len(scope["path"]) + len(self.query_string) + len(headers) + len(response)
        journal.keep(
            "http",
            size + SIZE_OF_FINDING * len(self._findings),
            (*_NOTED, *more),
            self._channel,
            "GET",
            scope["path"],
            self.query_string,
            status,
            headers,
            response,
            *more.values(),
        )
        self.world.ledger.add(SUBJECT, self._findings, journal.seq)
