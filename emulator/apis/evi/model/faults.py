"""Faults of the kind `model`: they change the answer of a language model (docs/faults.md).

Their delays are the network's: they pass in real time, and a model that takes too long has failed.
"""

import asyncio
from collections.abc import Mapping

from emulator.apis.evi.model.replies import (
    Failed,
    Hear,
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


class CutOff(Exception):
    """A fault breaks the answer off."""


class Cut:
    """Passes replies on until some words have come; then the answer breaks off."""

    def __init__(self, hear: Hear, after: int, report: Report) -> None:
        self._hear = hear
        self._left = after  # words
        self._reader = report.reader
        self._before = self._reader.mark()

    def __call__(self, reply: Reply) -> None:
        """Take a reply. Raises CutOff; the reader then forgets what came later."""
        if not self._left:
            self._reader.forget_since(self._before)
            raise CutOff
        self._hear(reply)
        self._left -= isinstance(reply, Words)
        self._before = self._reader.mark()


def cut_by(rules: Mapping[str, FaultRule], hear: Hear, report: Report) -> Hear:
    """Return who hears an answer, as the rules want it."""
    return Cut(hear, rules["cut"].draw("after"), report) if "cut" in rules else hear


def spoil(rules: Mapping[str, FaultRule], hear: Hear, report: Report) -> None:
    """Let an answer begin with an event that is not JSON, if the rules want it."""
    if "garbage" in rules:
        for reply in report.reader.read(_GARBAGE):
            hear(reply)


def cut_off(report: Report) -> Failed:
    """Note that a fault broke the answer off, and return what the chat hears of it."""
    report.ended, report.error = CUT, "a fault broke it off"
    return disconnected(report.question.source)


async def trouble_before(rules: Mapping[str, FaultRule], report: Report) -> Failed | None:
    """Wait as the rules say. Return the failure that stands for an answer, or None."""
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
