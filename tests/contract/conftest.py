"""The servers on which the table's cases run, and the world of each case."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from typing import TypeAlias

import httpx
import pytest

from conformance.table import Case, Connection
from emulator.contract.findings import WARNING, Finding
from emulator.contract.ledger import ClientLedger
from emulator.server import Server
from emulator.settings import Settings
from tests.contract.cases import Stage

OpenStage: TypeAlias = Callable[[Case | Connection], Stage]
Record: TypeAlias = Callable[[str, object], None]
KNOWN_KEY = "known"
_ASKED_FOR = ("page_base", "voice_unlisted", "value_unlisted")
_ON_SOCKETS = ("value_coerced",)  # Python writes True in the query of a socket


@pytest.fixture(scope="session")
def open_server() -> Iterator[Server]:
    """One with nothing in it, that lets everybody in."""
    with Server(Settings(seed="empty", port=0)) as server:
        yield server


@pytest.fixture(scope="session")
def guarded_server() -> Iterator[Server]:
    """One that knows one key, and takes small bodies alone."""
    settings = Settings(seed="empty", port=0, api_key=(KNOWN_KEY,), max_body_bytes=1024)
    with Server(settings) as server:
        yield server


@pytest.fixture
def open_stage(open_server: Server, guarded_server: Server, api_key: str) -> Iterator[OpenStage]:
    """Makes the world of a case, and does the steps before its call.

    At the end there is nothing to say of the client but what was refused.
    """
    ledgers: list[tuple[ClientLedger, tuple[str, ...]]] = []
    with ExitStack() as stack:

        def open_stage(case: Case | Connection) -> Stage:
            is_guarded = isinstance(case, Case) and case.guarded
            server, key = (guarded_server, KNOWN_KEY) if is_guarded else (open_server, api_key)
            headers = {"X-Hume-Api-Key": key}
            remote = httpx.Client(
                base_url=server.url, headers=headers, verify=False, trust_env=False
            )
            own = case.key if isinstance(case, Case) else None
            stage = Stage(stack.enter_context(remote), key=own or key)
            stack.enter_context(stage.sockets)
            stage.take(case.given)
            allowed = _ON_SOCKETS if isinstance(case, Connection) else _ASKED_FOR
            ledgers.append((server.app.worlds.get(key).ledger, allowed))
            return stage

        yield open_stage
    for ledger, allowed in ledgers:
        assert [found for found in ledger.found if _is_unasked(found.finding, allowed)] == []


def _is_unasked(finding: Finding, allowed: Collection[str]) -> bool:
    """Cases bring about refusals, and what is `allowed`."""
    return finding.level == WARNING and finding.code not in allowed
