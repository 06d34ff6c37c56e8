"""docs/clm-check.md says what the check does."""

import re
from pathlib import Path

import emulator
from emulator.apis.evi.model.check.cases import CASES
from emulator.apis.evi.model.check.results import LEVELS
from emulator.cli.main import make_parser

PAGE = (Path(emulator.__file__).parent.parent / "docs" / "clm-check.md").read_text()


def test_the_page_has_every_case() -> None:
    """In the table's order."""
    table = PAGE.partition("## Cases")[2].partition("\n\n`stream`")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [case.name for case in CASES]


def test_the_page_has_every_level() -> None:
    """By its name."""
    for level in LEVELS:
        assert f"`{level}`" in PAGE


def test_the_page_has_every_option() -> None:
    """Those that the command takes, and no others."""
    [commands] = [each for each in make_parser()._actions if each.dest == "==SUPPRESS=="]
    assert isinstance(commands.choices, dict)
    parser = commands.choices["clm-check"]
    parser.load()
    options = {word for each in parser._actions for word in each.option_strings}
    table = PAGE.partition("## Options")[2].partition("\n\nThe exit code")[0]
    assert set(re.findall(r"--[a-z][a-z-]+", table)) == options - {"-h", "--help"}
