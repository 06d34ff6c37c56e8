"""The check, loaded at first need: it is on aiohttp, which takes 0.2 s."""

from collections.abc import Sequence

from emulator.apis.evi.model.check.results import CheckReport
from emulator.settings import Settings


async def judge_model(
    url: str, settings: Settings, key: str | None, names: Sequence[str] | None
) -> tuple[CheckReport, str]:
    """Return the report of a check, and in words the cases that failed; "" if none did.

    `names` are those of the cases to run; None for all. Raises UsageError for a URL that may not
    be called, and for an unknown name.
    """
    from emulator.apis.evi.model.check.assertion import judged

    return await judged(url, settings, key, names)
