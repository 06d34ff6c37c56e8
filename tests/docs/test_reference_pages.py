"""The generated parts of the reference pages are as `make reference` writes them."""

import argparse

import pytest

from emulator.apis.evi.chat.script_file import ScriptFile
from emulator.cli.main import COMMANDS
from scripts.reference import DOCS, PAGES, filled
from scripts.reference_commands import commands
from scripts.reference_scripts import MEANINGS


@pytest.mark.parametrize("page", PAGES)
def test_no_part_is_stale(page: str) -> None:
    """Run `make reference` where this fails."""
    text = (DOCS / page).read_text()
    assert text == filled(page, text), f"docs/{page} is stale: run `make reference`"


def test_a_page_without_its_region_is_refused() -> None:
    with pytest.raises(ValueError, match="has no region 'settings'"):
        filled("settings.md", "# Settings")


def test_every_command_has_a_section() -> None:
    """With its arguments; a group of commands has one for each."""
    sections = [line[3:] for line in commands().splitlines() if line.startswith("## ")]
    assert {name.split()[0] for name in sections} == set(COMMANDS)
    assert {"seed check", "fault add"} <= set(sections)


def test_no_flag_lacks_a_meaning() -> None:
    rows = [line for line in commands().splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.endswith("|  |")] == []
    assert argparse.SUPPRESS not in commands()


def test_no_meaning_is_left_of_a_key_that_is_gone() -> None:
    keys = {name for name in MEANINGS if "." not in name}
    assert keys == set(ScriptFile.model_fields)
