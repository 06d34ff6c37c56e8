"""Findings about a webhook's receiver."""

from collections.abc import Collection, Sequence
from typing import Protocol

from emulator.contract.findings import Finding, find

FORGED = ("stale_timestamp", "wrong_key", "tampered_body", "missing_headers")
_SLOW = 0.5  # the share of its time limit after which a receiver counts as slow


class Attempt(Protocol):
    """How a receiver took a request, as the sender reports it."""

    @property
    def status(self) -> int | None:
        """Return the status of the answer, if there was one."""

    @property
    def error(self) -> str | None:
        """Return why there was no answer."""

    @property
    def duration_ms(self) -> int:
        """Return how long the request took (ms)."""

    @property
    def is_good(self) -> bool:
        """True if the receiver answered with success."""


def judge_attempt(result: Attempt, faults: Collection[str], timeout_s: int) -> Sequence[Finding]:
    """Judge how a receiver took one request; `faults` were asked for."""
    forged = [fault for fault in faults if fault in FORGED]
    limit_ms = round(timeout_s * 1000 * _SLOW)
    findings = []
    if result.status is None:
        findings.append(find("webhook_unanswered", ("webhook",), result.error))
    elif forged and result.is_good:
        status = ("webhook", "status")
        findings.append(find("webhook_unverified", status, result.status, fault=forged[0]))
    elif not forged and not result.is_good:
        findings.append(find("webhook_refused", ("webhook", "status"), result.status))
    if result.status is not None and result.duration_ms > limit_ms:
        took = ("webhook", "duration_ms")
        findings.append(find("webhook_slow", took, result.duration_ms, limit_ms=limit_ms))
    return findings
