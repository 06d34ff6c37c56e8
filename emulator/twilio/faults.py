"""Applies the faults of the kind `call` to a call that the emulator places (docs/faults.md)."""

from collections.abc import Callable, Sequence

from emulator.faults.rules import FaultRule
from emulator.faults.table import KINDS
from emulator.ids import derived_random
from emulator.jsontext import JsonObject

KIND = "call"
FAULTS = tuple(KINDS[KIND].faults)
_MID_SENTENCE_MS = 400  # of what the other side says, after which the caller hangs up


class CallFaults:
    """The rules that may strike one call; each is drawn once in it."""

    def __init__(
        self, rules: Sequence[FaultRule], call_sid: str, note: Callable[[FaultRule], None]
    ) -> None:
        """Keep the rules for calls; `note` is called with each rule that strikes."""
        self._rules = [rule for rule in rules if rule.kind == KIND]
        self._call_sid, self._note = call_sid, note
        self._heard_ms = 0

    def __bool__(self) -> bool:
        return bool(self._rules)

    def strikes(self, fault: str, at_ms: int) -> FaultRule | None:
        """Return the rule for a fault that strikes from now on, `at_ms` after the call's start."""
        meant = [rule for rule in self._rules if rule.fault == fault]
        return next((rule for rule in meant if self._strikes(rule, at_ms)), None)

    def _strikes(self, rule: FaultRule, at_ms: int) -> bool:
        """True if a rule strikes now; from its time on, it is drawn once."""
        if at_ms < rule.match.get("at_ms", 0):
            return False
        self._rules.remove(rule)
        if not rule.strikes({"call_sid": self._call_sid, "at_ms": at_ms}):
            return False
        self._note(rule)
        return True

    def hangs_up(self, at_ms: int, is_speaking: bool) -> bool:
        """True if the caller hangs up now: at a time, or in the middle of what is heard."""
        if not self._rules:
            return False
        self._heard_ms = self._heard_ms + 20 if is_speaking else 0
        is_mid_sentence = self._heard_ms >= _MID_SENTENCE_MS
        due = [
            rule
            for rule in self._rules
            if rule.fault == "hang_up" and ("at_ms" in rule.match or is_mid_sentence)
        ]
        return any(self._strikes(rule, at_ms) for rule in due)


class FaultySending:
    """Decides what becomes of the media messages of one stream."""

    def __init__(self, faults: CallFaults) -> None:
        self._faults = faults
        self._loss: FaultRule | None = None
        self._late: FaultRule | None = None
        self._held: list[JsonObject] = []
        self._until_ms = 0

    def media(self, message: JsonObject, at_ms: int) -> list[JsonObject]:
        """Return the messages to send now, `at_ms` after the call's start."""
        self._loss = self._loss or self._faults.strikes("loss", at_ms)
        self._late = self._late or self._begin_late(at_ms)
        if self._loss is not None and self._is_lost(self._loss, message):
            return []
        if self._late is None:
            return [message]
        self._held.append(message)
        if at_ms < self._until_ms:
            return []
        self._until_ms = at_ms + self._late.draw("delay_ms")
        return self.rest()

    def holds(self, message: JsonObject) -> bool:
        """Hold a message without sound back, and return True, if what comes before it is held."""
        if self._held:
            self._held.append(message)
        return bool(self._held)

    def rest(self) -> list[JsonObject]:
        """Return what was held back."""
        held, self._held = self._held, []
        return held

    def _begin_late(self, at_ms: int) -> FaultRule | None:
        rule = self._faults.strikes("late", at_ms)
        if rule is not None:
            self._until_ms = at_ms + rule.draw("delay_ms")
        return rule

    def _is_lost(self, rule: FaultRule, message: JsonObject) -> bool:
        place = (*rule.place, rule.used, message["sequenceNumber"])
        return derived_random("lost media", *place).random() < float(rule.options["share"])
