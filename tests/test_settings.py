"""The table of settings, from flags, the environment and defaults."""

import ast
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import emulator
from emulator.apis.apis import APIS
from emulator.errors import UsageError
from emulator.settings import SETTINGS, Settings, load_settings

PACKAGE = Path(emulator.__file__).parent
NAMES = {each.name for each in SETTINGS}
OF_THE_SERVER = {each.name for each in SETTINGS if each.scope == "server"}
OF_WORLDS = {each.name for each in SETTINGS if each.scope == "world"}


def test_defaults() -> None:
    """Without flags or environment, every setting has its default."""
    assert load_settings({}, {}) == Settings()
    assert (Settings().host, Settings().port, Settings().seed) == ("127.0.0.1", 8484, "demo")


def test_flag_wins_over_environment() -> None:
    """A flag counts before an environment variable, which counts before the default."""
    environ = {"EVI_EMULATOR_PORT": "9001", "EVI_EMULATOR_API_KEY": "a, b", "HOME": "/"}
    settings = load_settings({"port": "9002"}, environ)

    assert (settings.port, settings.api_key) == (9002, ("a", "b"))


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        pytest.param(
            {},
            {"EVI_EMULATOR_PORT": "ten"},
            "port must be an integer, got 'ten' (from EVI_EMULATOR_PORT)",
            id="not an integer",
        ),
        pytest.param(
            {"port": "70000"}, {}, "port must be at most 65535, got 70000 (from --port)", id="high"
        ),
        pytest.param({"port": "-1"}, {}, "port must be at least 0, got -1 (from --port)", id="low"),
        pytest.param(
            {"timestamps": "second"},
            {},
            "timestamps must be one of milliseconds, seconds (did you mean 'seconds'?), "
            "got 'second' (from --timestamps)",
            id="choice",
        ),
        pytest.param(
            {"require_voice": "maybe"},
            {},
            "require_voice must be one of 1, true, yes, on, 0, false, no, off, got 'maybe' "
            "(from --require-voice)",
            id="switch",
        ),
        pytest.param(
            {"call_hosts": "localhost:8000,http://example.internal"},
            {},
            "call_hosts must be a comma-separated list of hosts such as example.internal, "
            "*.example.internal or localhost:8000, got ('localhost:8000', "
            "'http://example.internal') (from --call-hosts)",
            id="hosts",
        ),
    ],
)
def test_wrong_value_is_explained(
    flags: dict[str, str], environ: dict[str, str], message: str
) -> None:
    """A wrong value is refused with what was expected, what came, and from where."""
    with pytest.raises(UsageError) as caught:
        load_settings(flags, environ)

    assert str(caught.value) == message


def test_unknown_environment_variable_is_refused() -> None:
    """A misspelt variable is an error, with the closest known one."""
    with pytest.raises(UsageError, match="did you mean 'EVI_EMULATOR_PORT'"):
        load_settings({}, {"EVI_EMULATOR_PROT": "1"})


def test_settings_made_in_python_are_checked_too() -> None:
    """The bounds hold however a setting is given."""
    with pytest.raises(UsageError, match="timestamps must be one of"):
        Settings(timestamps="days")


def test_secrets_are_hidden() -> None:
    """API keys don't show where settings are shown."""
    shown = Settings(api_key=("secret",)).to_json()
    assert shown["api_key"] == "(hidden)"
    assert set(shown) == {setting.name for setting in SETTINGS}


# Whose a setting is


class Read(NamedTuple):
    """A place in the code that reads a setting."""

    path: str
    name: str
    is_worlds: bool  # it reads the settings of a world, which may differ from the server's


# What has the server's settings in `self`, or is given them.
_SERVERS = (
    "web/", "extras/", "api.py", "server.py", "world/worlds.py", "world/persistence.py",
    "apis/evi/openness.py", "apis/tts/openness.py",
)  # fmt: skip
_CLIENTS = ("cli/", "testing/")  # of a server, which has its own settings
# The server's values are what a world begins with, unless Emulator.world is given others.
_DEFAULTS = {"seed", "chaos", "voice"}
# The server's sender, or its document, has it, and each world judges by it; the values are equal.
_READ_BY_BOTH = {"webhook_timeout", "lenient_tts"}


@cache
def all_reads() -> Collection[Read]:
    """Return each place in the package, but for the commands and the tests' objects."""
    paths = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.py")}
    own = [each for each in paths if not each.startswith(_CLIENTS)]
    return [read for name in own for read in reads(name, paths[name].read_text())]


def reads(path: str, source: str) -> Iterator[Read]:
    """Return the settings that a module reads: `X.settings.NAME`, or by `ceiling("NAME", ...)`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="settings" | "_settings"), attr=name):
                owner = ""
            case ast.Attribute(
                value=ast.Attribute(attr="settings" | "_settings", value=value), attr=name
            ):
                owner = ast.unparse(value).rpartition(".")[2]
            case ast.Call(
                func=ast.Attribute(attr="ceiling"), args=[ast.Constant(value=str(name)), *_]
            ):
                owner = ""
            case _:
                continue
        if name in NAMES:
            is_worlds = owner in ("world", "_world", "call") or not path.startswith(_SERVERS)
            yield Read(path, name, is_worlds)


def test_reads_are_found() -> None:
    """Each way of reading is seen, and whose settings it reads."""
    source = """
limit = self._settings.ceiling("max_body_bytes", own)
a, b = settings.tls, world.settings.strict
c = self.world.settings.pace + call.settings.prosody + session.settings.nothing
"""
    found = [(each.name, each.is_worlds) for each in reads("web/app.py", source)]
    assert sorted(found) == [
        ("max_body_bytes", False),
        ("pace", True),
        ("prosody", True),
        ("strict", True),
        ("tls", False),
    ]
    assert list(reads("world/world.py", "self.settings.clock")) == [
        Read("world/world.py", "clock", True)
    ]


def test_every_setting_has_a_scope() -> None:
    """It is the server's, or each world may have its own."""
    assert OF_THE_SERVER | OF_WORLDS == NAMES
    assert {each.api for each in SETTINGS} <= {"", *(api.name for api in APIS)}


def test_a_world_reads_settings_of_worlds() -> None:
    """What is read off a world's settings is of the scope `world`."""
    found = {each.name for each in all_reads() if each.is_worlds}
    assert found - OF_WORLDS == _READ_BY_BOTH


def test_no_setting_is_ignored_for_one_world() -> None:
    """What is read off the server's settings alone can't be a world's, and each one is read."""
    by_server = {each.name for each in all_reads() if not each.is_worlds}
    by_worlds = {each.name for each in all_reads() if each.is_worlds}
    assert by_server - _DEFAULTS == OF_THE_SERVER
    assert by_worlds - _READ_BY_BOTH | {"seed"} == OF_WORLDS


def test_settings_of_an_api_are_read_in_its_folder() -> None:
    """A setting without an API is read by the machinery."""
    for setting in SETTINGS:
        paths = {each.path for each in all_reads() if each.name == setting.name}
        own = {path for path in paths if path.startswith("apis/")}
        if setting.api:
            assert paths == {each for each in own if each.startswith(f"apis/{setting.api}/")}
        else:
            assert paths - own, setting.name
