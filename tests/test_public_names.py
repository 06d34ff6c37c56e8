"""What users import and type is what `public_names.yaml` lists, and nothing else."""

import argparse
from collections.abc import Iterator
from importlib import import_module
from inspect import Parameter, getattr_static, isfunction, signature
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator, pytest_plugin
from emulator.cli.main import make_parser
from emulator.cli.parser import CommandParser
from emulator.resources import read_data
from emulator.settings import SETTINGS
from emulator.testing.world import Evi
from emulator.web.app import App
from tests.testing.talking import get

LISTED: dict[str, Any] = read_data(Path(__file__).with_name("public_names.yaml"))
SPECIAL = ("__contains__", "__enter__", "__getitem__", "__iter__", "__len__")
STARS: dict[object, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
ALL_SETTINGS = ("serve", "exec")  # commands with a flag for each setting
ON_ANY_PORT = {"--host", "--port"}  # of which `exec` has none


def public(thing: object) -> list[str]:
    """Return the public names of an object, of methods with the names of their parameters."""
    kind = type(thing)
    names = {*dir(thing), *vars(kind).get("__annotations__", {})}
    shown = sorted(name for name in names if not name.startswith("_") or name in SPECIAL)
    return [_described(kind, name) for name in shown]


def _described(kind: type, name: str) -> str:
    member = getattr_static(kind, name, None)
    if not isfunction(member):
        return name
    _, *parameters = signature(member).parameters.values()
    told = ", ".join(f"{STARS.get(each.kind, '')}{each.name}" for each in parameters)
    return f"{name}({told})"


@pytest.fixture
def handles(evi: Evi, evi_server: Emulator) -> dict[str, object]:
    """One of each handle, by the name under which the file lists it."""
    evi.clock.freeze()  # a call then takes no time
    stub = evi.stub("list-configs", 503)
    get(evi, "/v0/evi/configs")
    receiver = evi.webhook_receiver()
    evi.webhooks.trigger("chat_ended", receiver.url)
    found = {
        "emulator": evi_server,
        "evi": evi,
        "call": evi.call(user=["Hello"]),
        "chat": evi.simulate(user=["Hello"]),
        "receiver": receiver,
        "received": receiver.received[0],
        "script": evi.script,
        "rule": evi.script.on_user("Hello"),
        "stub": stub,
    }
    parts = [name for name in LISTED["handles"] if name.startswith("evi.")]
    return found | {name: getattr(evi, name.removeprefix("evi.")) for name in parts}


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, of in LISTED["imports"].items() for name in of]
)
def test_imports(module: str, name: str) -> None:
    """Each name can be imported from the module in which users find it."""
    assert hasattr(import_module(module), name)


def test_handles(handles: dict[str, object]) -> None:
    """Every attribute, every method with its parameters."""
    assert {name: public(handle) for name, handle in handles.items()} == LISTED["handles"]


def test_parts_of_the_worlds_handle(evi: Evi) -> None:
    """Whatever part of it is an object of the emulator's own has its names listed, too."""
    own = {
        f"evi.{name}"
        for name, part in vars(evi).items()
        if not name.startswith("_") and type(part).__module__.startswith("emulator.")
    }
    assert own - {"evi.world"} == {name for name in LISTED["handles"] if name.startswith("evi.")}


def test_fixtures() -> None:
    """Those of the plugin."""
    found = [
        name
        for name, each in vars(pytest_plugin).items()
        if isinstance(each, type(pytest_plugin.evi))
    ]
    assert sorted(found) == LISTED["fixtures"]


def test_options_of_pytest() -> None:
    """Those that the plugin adds."""
    added: list[str] = []

    class Parser:
        def getgroup(self, *_: str) -> "Parser":
            return self

        def addoption(self, name: str, **_: object) -> None:
            added.append(name)

    pytest_plugin.pytest_addoption(Parser())  # type: ignore[arg-type]
    assert added == LISTED["pytest_options"]


def commands_of(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield each command with its arguments and flags; one that has commands has them below."""
    own, flags = list[str](), list[str]()
    if isinstance(parser, CommandParser):
        parser.load()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below, its in action.choices.items():
                yield from commands_of(its, f"{name} {below}".strip())
        elif action.option_strings:
            flags += action.option_strings
        else:
            own.append(action.dest)
    yield name or "evi-emulator", own + sorted(set(flags) - {"-h", "--help"})


def test_commands() -> None:
    """Every command, with every argument and flag."""
    settings = {setting.flag for setting in SETTINGS}
    found = dict(commands_of(make_parser()))
    for name in ALL_SETTINGS:
        flags = set(found[name])
        assert settings - flags == (ON_ANY_PORT if name == "exec" else set())
        found[name] = [flag for flag in found[name] if flag not in settings]
    assert found == LISTED["commands"]


def test_settings() -> None:
    """The names, from which flags and variables are made."""
    assert [setting.name for setting in SETTINGS] == LISTED["settings"]
    for setting in SETTINGS:
        assert setting.flag == "--" + setting.name.replace("_", "-")
        assert setting.env == "EVI_EMULATOR_" + setting.name.upper()


def test_routes(app: App) -> None:
    """The emulator's own, in any order."""
    found = [f"{route.method} {route.path}" for route in app.control.routes()]
    assert sorted(found) == sorted(LISTED["routes"])
