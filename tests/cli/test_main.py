"""The table of commands: which module each one loads, and when."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import emulator
from emulator.cli.main import COMMANDS, main
from emulator.cli.parser import CommandParser
from emulator.cli.setting_groups import GROUPS
from emulator.settings import SETTINGS

ROOT = Path(emulator.__file__).parent.parent

GROUPS_OF_ACTIONS = ("seed", "fault")  # of actions, which are commands themselves
ACTIONS = ("seed_check", "seed_show", "seed_import")


@pytest.mark.parametrize("name", sorted({*COMMANDS, *ACTIONS} - set(GROUPS_OF_ACTIONS)))
def test_every_command_says_what_to_run(name: str) -> None:
    """Its module is found by its name."""
    parser = CommandParser(module=f"emulator.cli.{name.replace('-', '_')}")
    assert parser.get_default("command") is None
    parser.load()
    assert callable(parser.get_default("command"))


@pytest.mark.parametrize("arguments", [[], *([group] for group in GROUPS_OF_ACTIONS)])
def test_an_unknown_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The error lists the known ones, though no module of theirs is loaded."""
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "nosuch"])
    assert ended.value.code == 2
    assert "invalid choice: 'nosuch'" in capsys.readouterr().err


def loaded_by(*arguments: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded when it has shown this help."""
    code = (
        "import sys, contextlib, io\n"
        "from emulator.cli.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    main(sys.argv[1:])\n"
        "print(*sys.modules)"
    )
    line = [sys.executable, "-c", code, *arguments, "--help"]
    done = subprocess.run(line, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.process
def test_help_loads_no_command() -> None:
    """It lists all from the table."""
    commands = {name for name in loaded_by() if name.startswith("emulator.cli.")}
    assert commands == {"emulator.cli.main", "emulator.cli.parser", "emulator.cli.setting_groups"}


@pytest.mark.process
def test_a_command_loads_its_own_module_alone() -> None:
    """Of `serve`, even the server is loaded only when it runs."""
    loaded = loaded_by("serve")
    commands = {name for name in loaded if name.startswith("emulator.cli.")}
    shared = {"main", "parser", "setting_groups", "colour"}
    assert commands == {f"emulator.cli.{name}" for name in (*shared, "serve")}
    assert "emulator.server" not in loaded


def test_every_setting_has_one_group() -> None:
    """`--help` and docs/settings.md list settings by them, in one order."""
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(setting.name for setting in SETTINGS)
    page = (ROOT / "docs" / "settings.md").read_text()
    flags = [f"--{name.replace('_', '-')}" for name in grouped]
    assert re.findall(r"^\| `(--[\w-]+)`", page, re.MULTILINE) == flags
    titles = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert titles[: len(GROUPS)] == list(GROUPS)


def test_help_is_grouped(capsys: pytest.CaptureFixture[str]) -> None:
    """A flag of a setting is under its group's title; values are named as they are written."""
    with pytest.raises(SystemExit, match="0"):
        main(["serve", "--help"])
    text = capsys.readouterr().out
    first, *groups = re.split(r"^(?=\S.*:$)", text.partition("options:")[2], flags=re.MULTILINE)
    assert "--quiet" in first
    assert [each.partition(":")[0] for each in groups] == list(GROUPS)
    assert "--port N" in groups[0]
    assert "--tls [true|false]" in groups[0]
