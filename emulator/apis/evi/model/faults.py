"""What the faults of the kind `model` do to the answer of a language model (docs/faults.md).

Their delays are the network's: they pass in real time, and a model that takes too long has failed.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from emulator.apis.evi.model.replies import (
    Failed,
    Reply,
    Words,
    disconnected,
    failed,
    timed_out,
)
from emulator.apis.evi.model.report import CUT, FAILED, TIMED_OUT, Report
from emulator.faults.rules import FaultRule
from emulator.faults.table import KINDS

FAULTS = tuple(KINDS["model"].faults)
_GARBAGE = '{"garbage": '


async def broken(
    replies: AsyncGenerator[Reply, None], rules: Mapping[str, FaultRule], report: Report
) -> AsyncGenerator[Reply, None]:
    """Yield the replies as the rules have struck them; some rules let nobody be asked."""
    async with aclosing(replies):
        trouble = await _trouble_before(rules, report)
        if trouble is not None:
            yield trouble
            return
        if "garbage" in rules:
            for reply in report.reader.read(_GARBAGE):
                yield reply
        left = rules["cut"].draw("after") if "cut" in rules else None
        reader = report.reader
        chunks, text = reader.chunks, reader.text  # before the cut
        async for reply in replies:
            if left == 0:
                reader.chunks, reader.text = chunks, text
                report.ended, report.error = CUT, "a fault broke it off"
                yield disconnected(report.question.source)
                return
            yield reply
            if left is not None and isinstance(reply, Words):
                left -= 1
            chunks, text = reader.chunks, reader.text


async def _trouble_before(rules: Mapping[str, FaultRule], report: Report) -> Failed | None:
    """Wait as the rules say. Returns what happened in place of an answer, or None."""
    source = report.question.source
    delay_s = rules["delay"].draw("delay_ms") / 1000 if "delay" in rules else 0
    if "hang" in rules or delay_s >= source.timeout_s:
        await asyncio.sleep(source.timeout_s)
        report.ended, report.error = TIMED_OUT, f"nothing came for {source.timeout_s} s"
        return timed_out(source)
    if delay_s:
        await asyncio.sleep(delay_s)
    if "status" in rules:
        report.status = rules["status"].draw("status")
        report.ended, report.error = FAILED, f"status {report.status}, by a fault"
        what = f"answered with status {report.status}"
        return failed(source, "custom_language_model_error", what)
    return None
