"""The table of commands: which module each one loads, and when."""

import subprocess
import sys

import pytest

from emulator.cli.main import COMMANDS, main
from emulator.cli.parser import CommandParser

GROUPS = ("seed", "fault")  # of actions, which are commands themselves
ACTIONS = ("seed_check", "seed_show", "seed_import")


@pytest.mark.parametrize("name", sorted({*COMMANDS, *ACTIONS} - set(GROUPS)))
def test_every_command_says_what_to_run(name: str) -> None:
    """Its module is found by its name."""
    parser = CommandParser(module=f"emulator.cli.{name.replace('-', '_')}")
    assert parser.get_default("command") is None
    parser.load()
    assert callable(parser.get_default("command"))


@pytest.mark.parametrize("arguments", [[], *([group] for group in GROUPS)])
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
    assert commands == {"emulator.cli.main", "emulator.cli.parser"}


@pytest.mark.process
def test_a_command_loads_its_own_module_alone() -> None:
    """Of `serve`, even the server is loaded only when it runs."""
    loaded = loaded_by("serve")
    commands = {name for name in loaded if name.startswith("emulator.cli.")}
    assert commands == {"emulator.cli.main", "emulator.cli.parser", "emulator.cli.serve"}
    assert "emulator.server" not in loaded
