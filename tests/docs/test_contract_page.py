"""docs/contract.md has every option."""

import re
from pathlib import Path

import emulator
from emulator.cli.parser import CommandParser

ROOT = Path(emulator.__file__).parent.parent
PAGE = (ROOT / "docs" / "contract.md").read_text()


def test_every_flag_is_named() -> None:
    """Those of `report`, and those that pytest has."""
    parser = CommandParser(module="emulator.cli.report")
    parser.load()
    flags = re.findall(r"^  (--[a-z-]+)", parser.format_help(), re.MULTILINE)
    general = {"--help", "--url", "--ca", "--api-key"}
    assert {flag for flag in flags if f"`{flag}" not in PAGE} <= general
    plugin = (ROOT / "emulator" / "pytest_plugin.py").read_text()
    for option in re.findall(r"\"(--evi-[a-z-]+)\"", plugin):
        assert f"`{option}" in PAGE
