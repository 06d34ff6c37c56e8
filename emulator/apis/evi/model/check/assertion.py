"""A check as an assertion of a test."""

from collections.abc import Sequence

from emulator.apis.evi.model.check.checker import check
from emulator.apis.evi.model.check.renderings import case_lines
from emulator.apis.evi.model.check.results import CaseResult
from emulator.settings import Settings


async def passed(
    url: str, settings: Settings, key: str | None, names: Sequence[str] | None
) -> list[CaseResult]:
    """Return the results of a check. Raises AssertionError with the cases that failed."""
    __tracebackhide__ = True
    report = await check(url, settings, key, names)
    failed = report.failed
    if failed:
        lines = [line for result in failed for line in case_lines(result)]
        count = f"{len(failed)} of {len(report.results)} cases failed"
        raise AssertionError("\n".join([f"{report.url}: {count}", *lines]))
    return list(report.results)
