"""Runs the cases of a check against one server."""

import asyncio
from collections.abc import Sequence
from time import monotonic

from emulator.apis.evi.model.check.cases import CASES, Case
from emulator.apis.evi.model.check.results import WARN, CaseResult, CheckReport
from emulator.apis.evi.model.check.talk import Talk, Target
from emulator.apis.evi.model.source import SOCKET, ModelSource
from emulator.errors import UsageError, closest
from emulator.hosts import MODEL_SCHEMES, call_problem, mapped
from emulator.outgoing.http_client import HttpClient
from emulator.redaction.urls import without_keys
from emulator.settings import Settings

_LEAKED, _SESSION = "model_fingerprint_leaked", "session_id"
_UNREACHABLE = "not tried: the server can't be reached"
# Why further cases are not tried, by the status of the first answer.
_USELESS = {
    401: "not tried: the server asks for another key (401)",
    404: "not tried: the server has nothing at this URL (404)",
    405: "not tried: the server takes no POST at this URL (405)",
}


async def check(
    url: str,
    settings: Settings,
    key: str | None = None,
    names: Sequence[str] | None = None,
    model: str | None = None,
) -> CheckReport:
    """Ask the cases of these names, or all, one after the other, and return what was found.

    `model` is the model's name in the requests. Raises UsageError for a URL that may not be
    called, and for an unknown name.
    """
    cases = _chosen(names)
    target_url = _checked(url, settings)
    source = ModelSource(url, name=model, timeout_s=settings.model_timeout)
    client = HttpClient()
    try:
        client.session()  # so that the first question's time is the server's alone
        target = Target(client, source, target_url, key or None)
        asked = [case for case in cases if _is_for(case, source.form)]
        return CheckReport(without_keys(url), source.form, await _run(asked, target))
    finally:
        await client.close()


def _chosen(names: Sequence[str] | None) -> list[Case]:
    known = {case.name: case for case in CASES}
    for name in names or ():
        if name not in known:
            listed = ", ".join(known)
            raise UsageError(f"no case {name!r}{closest(name, list(known))}; known: {listed}")
    return [case for case in CASES if not names or case.name in names]


def _is_for(case: Case, form: str) -> bool:
    return form in case.forms or case.not_in_form is not None


def _checked(url: str, settings: Settings) -> str:
    """Return where the URL leads. Raises UsageError if the emulator may not call that."""
    target = mapped(url, settings.map_url)
    problem = call_problem(target, MODEL_SCHEMES, settings.call_hosts, settings.call_hosts_only)
    if problem is not None:
        shown = without_keys(target)
        raise UsageError(f"cannot check {shown}: it {problem}")
    return target


async def _run(cases: Sequence[Case], target: Target) -> list[CaseResult]:
    """Run the cases. A warning with a code is told by the first case that meets it alone."""
    results: list[CaseResult] = []
    told = {_LEAKED} if any(case.name == _SESSION for case in cases) else set[str]()
    useless: str | None = None  # to ask further, for this reason
    has_answered = False
    for case in cases:
        skipped = useless or _why_not(case, target)
        if skipped is not None:
            results.append(CaseResult(case.name, case.sends, case.expects, skipped=skipped))
            continue
        talk = Talk(target, ignored=told)
        result = await _run_one(case, talk)
        results.append(result)
        told |= {each.code for each in result.problems if each.code and each.level == WARN}
        reports = [each.report for each in talk.exchanges]
        has_answered |= any(each.status not in (None, *_USELESS) for each in reports)
        if any(each.was_unreachable for each in talk.exchanges):
            useless = _UNREACHABLE
        elif reports and not has_answered:
            useless = _USELESS.get(reports[0].status or 0)
    return results


def _why_not(case: Case, target: Target) -> str | None:
    return None if target.source.form in case.forms else case.not_in_form


async def _run_one(case: Case, talk: Talk) -> CaseResult:
    began_s = monotonic()
    try:
        await case.run(talk)
    finally:
        talk.close()
        if talk.target.source.form == SOCKET:
            await asyncio.sleep(0)  # lets the socket send its close
    return CaseResult(
        case.name,
        case.sends,
        case.expects,
        tuple(dict.fromkeys(talk.problems)),
        talk.first_token_ms,
        round((monotonic() - began_s) * 1000),
        talk.skipped,
        talk.note,
    )
