"""Reads the order of `evi-emulator call`: its steps and its faults, from flags and scripts."""

import argparse
from collections.abc import Callable, Iterable, Sequence

import jsonschema_rs

from emulator.apis.evi.chat.script import SendMessage, UserStep
from emulator.apis.evi.chat.script import Wait as WaitInChat
from emulator.apis.evi.chat.script_file import load_script, read_script_file
from emulator.cli.parser import assignment
from emulator.errors import ScriptError, UsageError
from emulator.faults.rules import FaultRule, Faults
from emulator.faults.table import FIELDS
from emulator.jsontext import Json
from emulator.twilio.order import Say, Step, Wait, read_step


def step_of(action: str) -> Callable[[str], Step]:
    """Return what reads the value of a step's flag."""

    def read(text: str) -> Step:
        try:
            return read_step({action: text})
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def interrupting(text: str) -> Step:
    """Read what the caller says into an answer."""
    step = step_of("say")(text)
    assert isinstance(step, Say)
    return Say(step.text, interrupt=True)


def steps_of_script(name: str) -> list[Step]:
    """Return what the user of a script does, as a caller does it. Raises ScriptError."""
    script, _ = load_script(read_script_file(name), name)
    if not script.user:
        mistake = "a call needs what its user says: the script has no 'user'"
        raise ScriptError([(("user",), mistake)], name)
    return [_step(number, each, name) for number, each in enumerate(script.user)]


def _step(number: int, step: UserStep, name: str) -> Step:
    """Return a step of a chat as one of a call; what a user types is said."""
    if isinstance(step, WaitInChat):
        return Wait(step.ms)
    if isinstance(step, SendMessage):
        mistake = "a caller can't send messages of a chat: leave out 'send' for a call"
        raise ScriptError([(("user", number), mistake)], name)
    return Say(step.text, step.interrupt)


def read_faults(texts: Iterable[str], random_seed: int | None) -> Sequence[FaultRule]:
    """Read `--fault NAME[,FIELD=VALUE...]`. Raises UsageError."""
    faults = Faults(random_seed)
    for text in texts:
        name, *rest = text.split(",")
        fields: dict[str, Json] = dict(assignment("--fault", field) for field in rest)
        rule = faults.add("call", name, **_counted(fields))
        for field, value in (*rule.match.items(), *rule.options.items()):
            _check_value(field, value)
    return list(faults)


def _counted(fields: dict[str, Json]) -> dict[str, Json]:
    for name in ("times", "probability", "kind", "fault"):
        if name in fields:
            raise UsageError(f"--fault takes no {name!r}: it is for one call")
    return fields


def _check_value(field: str, value: Json) -> None:
    for error in jsonschema_rs.validator_for(dict(FIELDS[field])).iter_errors(value):
        raise UsageError(f"--fault: {field} is wrong: {error.message}")
