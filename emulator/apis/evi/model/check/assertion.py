"""A check as an assertion of a test."""

from collections.abc import Sequence

from emulator.apis.evi.model.check.checker import check
from emulator.apis.evi.model.check.renderings import case_lines
from emulator.apis.evi.model.check.results import CheckReport
from emulator.settings import Settings


async def judged(
    url: str, settings: Settings, key: str | None, names: Sequence[str] | None
) -> tuple[CheckReport, str]:
    """Return the report of a check, and in words the cases that failed; "" if none did."""
    report = await check(url, settings, key, names)
    failed = report.failed
    if not failed:
        return report, ""
    lines = [line for result in failed for line in case_lines(result)]
    count = f"{len(failed)} of {len(report.results)} cases failed"
    return report, "\n".join([f"{report.url}: {count}", *lines])
