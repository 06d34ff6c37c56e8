"""Rules say which requests, frames or webhooks a fault breaks, how, and how often."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from emulator.errors import closest
from emulator.faults.table import (
    CLOSE_CODES,
    KINDS,
    METHODS,
    FaultMistake,
    check_fault,
)
from emulator.ids import Random, derived_random, derived_uuid
from emulator.jsontext import Json, JsonObject

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(slots=True, repr=False)
class FaultRule:
    """Strikes what matches with a fault: always, `times` times, or with a probability.

    Each rule has its own random numbers, so the same rules strike the same requests in every run.
    """

    id: str
    kind: str
    fault: str
    match: Mapping[str, Json] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)
    times: int | None = None
    probability: float | None = None
    used: int = 0
    place: tuple[int, int] = (0, 0)  # the world's random seed, and its number among the rules
    drawn: int = 0

    def __str__(self) -> str:
        """Return what it does, and to what, in one line."""
        options = {name: value for name, value in self.options.items() if value not in (None, {})}
        facts = {**self.match, **options}
        shown = ", ".join(f"{name}={value!r}" for name, value in facts.items())
        return f"the {self.kind} fault {self.fault!r}{f' ({shown})' if shown else ''}"

    def __repr__(self) -> str:
        return f"<{self}: used {self.used} of {self.times or 'any'} times>"

    def strikes(self, facts: Mapping[str, Json]) -> bool:
        """True if the rule strikes what has these facts; it counts as used once more then."""
        if self.times is not None and self.used >= self.times:
            return False
        if not all(_fits(name, wanted, facts.get(name)) for name, wanted in self.match.items()):
            return False
        if self.probability is not None and self._random().random() >= self.probability:
            return False
        self.used += 1
        return True

    def draw(self, option: str) -> Any:
        """Return an option's value, drawn if there are several; a delay is in ms."""
        value = self.options[option]
        if isinstance(value, Mapping):
            return max(0, round(self._random().gauss(value["mean"], value["deviation"])))
        if not isinstance(value, list | tuple):
            return value
        if option == "delay_ms":
            return round(self._random().uniform(*value))
        return self._random().choice(value)

    def _random(self) -> Random:
        """Return the random generator of the next draw."""
        self.drawn += 1
        return derived_random("faults", *self.place, self.drawn)

    def to_json(self) -> JsonObject:
        return {
            "id": self.id,
            "kind": self.kind,
            "fault": self.fault,
            **dict.fromkeys(KINDS[self.kind].matched_by),
            **self.match,
            "times": self.times,
            "probability": self.probability,
            **self.options,
            "used": self.used,
        }


def _fits(name: str, wanted: Json, got: Json) -> bool:
    if name == "path":
        return fnmatchcase(str(got), str(wanted))
    if name == "at_ms":
        return isinstance(got, int) and got >= wanted
    return bool(got == wanted)


def check_rule(rule: FaultRule) -> None:
    """Raise FaultMistake for a fault or a field that does not exist."""
    options, matched_by = check_fault(rule.kind, rule.fault).options, KINDS[rule.kind].matched_by
    what = f"a {rule.kind} fault {rule.fault!r}"
    for name in rule.match.keys() - set(matched_by):
        raise FaultMistake(name, f"{what} is matched by {', '.join(matched_by)}, not by {name!r}")
    for name in rule.options.keys() - options.keys():
        known = f"; its options: {', '.join(options)}" if options else ""
        raise FaultMistake(name, f"{what} has no option {name!r}{known}")
    needed = {name for name, default in options.items() if default is not None}
    for name in needed - rule.options.keys():
        raise FaultMistake(name, f"{what} lacks its option {name!r}")


def _check_values(fault: str, fields: Mapping[str, Json]) -> None:
    """Raise FaultMistake for values that no schema can refuse."""
    code, delay, method = (fields.get(name) for name in ("code", "delay_ms", "method"))
    if code is not None and code not in CLOSE_CODES:
        known = "1000 to 1003, 1007 to 1014 or 3000 to 4999"
        hint = "; 1006 is what a client sees of 'vanish'" if code == 1006 else ""
        raise FaultMistake("code", f"a server may close with {known}, got {code!r}{hint}")
    if isinstance(delay, list | tuple) and delay[0] > delay[1]:
        raise FaultMistake("delay_ms", f"a range goes from the smaller number, got {delay!r}")
    if method is not None and method not in METHODS:
        hint = closest(str(method), METHODS)
        raise FaultMistake("method", f"no method {method!r}{hint}; known: {', '.join(METHODS)}")
    if fields.get("error") is not None and fields.get("body") is not None:
        raise FaultMistake("error", "an error has its own body: leave out 'error' or 'body'")
    if fault == "refuse":
        for name in ("turn", "frame", "type", "at_ms"):
            if fields.get(name) is not None:
                raise FaultMistake(name, f"a WebSocket that is refused has no {name!r} yet")


Note: TypeAlias = Callable[[FaultRule, Mapping[str, Json]], None]


class Faults:
    """Keeps the rules of a world, in the order in which they were added."""

    def __init__(self, seed: int | None = None, note: Note = lambda rule, facts: None) -> None:
        """Begin without rules; `note` is called with each rule used, and the facts it matched."""
        self._seed = seed or 0
        self._note = note
        self._added = 0
        self._rules: list[FaultRule] = []
        self.watchers: list[Callable[[FaultRule], None]] = []  # called with each new rule

    def __iter__(self) -> Iterator[FaultRule]:
        return iter(self._rules)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(
        self,
        kind: str,
        fault: str,
        times: int | None = None,
        probability: float | None = None,
        **fields: Json,
    ) -> FaultRule:
        """Add a rule, and return it. Raises FaultMistake for an unknown fault or field."""
        defaults = check_fault(kind, fault).options
        matched_by = KINDS[kind].matched_by
        for name in fields:
            if name not in matched_by and name not in defaults:
                known = (*matched_by, *defaults, "times", "probability")
                hint = closest(name, known)
                message = f"a {kind} fault {fault!r} has no field {name!r}{hint}; it has "
                raise FaultMistake(name, message + ", ".join(known))
        for name in fields.get("headers", ()):
            if not _HEADER_NAME.fullmatch(name):
                raise FaultMistake("headers", f"{name!r} is not a header name")
        _check_values(fault, fields)
        self._added += 1
        rule = FaultRule(
            derived_uuid("fault", self._seed, self._added),
            kind,
            fault,
            {name: fields[name] for name in matched_by if fields.get(name) is not None},
            {**defaults, **{name: fields[name] for name in defaults if name in fields}},
            times,
            probability,
            place=(self._seed, self._added),
        )
        self._rules.append(rule)
        for watcher in list(self.watchers):
            watcher(rule)
        return rule

    def take(
        self, kind: str, faults: Collection[str], facts: Mapping[str, Json]
    ) -> dict[str, FaultRule]:
        """Return the rules for these faults that strike now, by fault: the oldest rule of each."""
        found: dict[str, FaultRule] = {}
        for rule in self._rules:
            is_meant = rule.kind == kind and rule.fault in faults and rule.fault not in found
            if is_meant and rule.strikes(facts):
                found[rule.fault] = rule
                self._note(rule, facts)
        return found

    def remove(self, id: str) -> bool:
        """Remove the rule of that id. True if there was one."""
        before = len(self._rules)
        self._rules = [rule for rule in self._rules if rule.id != id]
        return len(self._rules) < before

    def clear(self, kind: str | None = None) -> None:
        """Remove all rules, or those of a kind."""
        self._rules = [rule for rule in self._rules if kind not in (None, rule.kind)]

    def snapshot(self) -> tuple[FaultRule, ...]:
        """Return copies of the rules, which can be restored any number of times."""
        return tuple(map(replace, self._rules))

    def restore(self, rules: Iterable[FaultRule]) -> None:
        self._rules = list(map(replace, rules))
        self._added = max((rule.place[1] for rule in self._rules), default=0)
