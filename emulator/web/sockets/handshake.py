"""The request that opens a WebSocket, for the journal and the contract of the caller's world."""

from collections.abc import Mapping

from starlette.types import Scope

from emulator.contract.findings import Finding
from emulator.contract.ledger import ClientLedger
from emulator.contract.refusals import (
    invalid,
    refused_credentials,
    unmatched_path,
    with_refusals,
)
from emulator.errors import ApiError, ValidationFailed
from emulator.journal.entries import HttpEntry
from emulator.journal.headers import kept_headers
from emulator.journal.journal import LONGEST_BODY
from emulator.jsontext import kept, render
from emulator.sockets.socket import Opening, Socket
from emulator.world.world import World

ACCEPTED = 101
_DRAWN = b"sec-websocket-key"  # random for each connection, so the journal leaves it out


class Handshake:
    """One handshake, until it is accepted or refused.

    The journal calls sockets by their names, as it calls operations by their ids.
    """

    def __init__(self, scope: Scope, anonymous: ClientLedger) -> None:
        """Begin a handshake; `anonymous` takes findings about callers without a world."""
        self._scope = scope
        self._anonymous = anonymous
        self._findings: list[Finding] = []
        self.socket: Socket | None = None
        self._opening: Opening | None = None
        self.world: World | None = None

    @property
    def subject(self) -> str:
        """Return the contract's name of the socket."""
        return "WebSocket" if self.socket is None else self.socket.subject

    def audit(self, parameters: Mapping[str, str]) -> Opening:
        """Return the opening of the socket, after noting the findings about its query.

        Raises ApiError to refuse the handshake.
        """
        assert self.world is not None
        assert self.socket is not None
        opening = self.socket.opening(self.world, parameters, self._scope["query_string"])
        self._opening = opening
        self._findings += opening.audit()
        return opening

    def accept(self) -> None:
        """Note that the connection is open."""
        self._note(ACCEPTED, b"")

    def refuse(self, error: ApiError) -> None:
        """Note that the handshake is refused."""
        if self.world is None and error.status == 401:
            self._anonymous.add(self.subject, [refused_credentials(error)], 0)
        elif isinstance(error, ValidationFailed):
            given = {} if self._opening is None else self._opening.query
            refusals = invalid(error, {"query": given})
            self._findings = with_refusals(self._findings, refusals)
        elif self._operation is None:
            self._findings.append(unmatched_path("WebSocket", self._scope["path"], error))
        self._note(error.status, kept(render(error.body)[:LONGEST_BODY]))

    @property
    def _operation(self) -> str | None:
        return None if self.socket is None else self.socket.name

    def _note(self, status: int, response: bytes) -> None:
        if self.world is None:
            return
        scope, journal = self._scope, self.world.journal
        headers = kept_headers(each for each in scope["headers"] if each[0] != _DRAWN)
        journal.add(
            HttpEntry(
                operation=self._operation,
                method="GET",
                path=scope["path"],
                query=scope["query_string"],
                status=status,
                duration_ms=None,
                request_headers=headers,
                request=None,
                response=response,
                findings=tuple(self._findings),
            )
        )
        line, now_ms = f"GET {scope['path']} -> {status}", self.world.clock.now_ms()
        self.world.ledger.add(self.subject, self._findings, journal.seq, now_ms, line)
